using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>Tells the payer in time: once for each crossing, and again when he has mended it.</summary>
internal static class Warning
{
    /// <summary>Mended is what exceeds a threshold by this part of it: else an account that stands at one would be told of without end.</summary>
    private const int RecoveryPart = 10;

    public static Decision Apply(Decision decision, AccountObservation seen, AccountPolicy policy)
    {
        var book = decision.Book;
        if (book.Account.Health is not { } health)
            return decision;
        var warned = book.Account.Warnings;
        var leases = book.Leases.Values.Where(l => !l.IsEnded && l.State != LeaseState.Closing).ToList();
        // Nobody is left to be warned, and nothing has been mended either.
        var next = leases.Count == 0 ? AccountWarnings.None : new AccountWarnings(
            ThresholdOf(warned.Threshold, health, leases, policy), IsAllowanceLow(warned.AllowanceLow, seen.Grant, Needed(leases)));
        if (next == warned)
            return decision;

        var effects = decision.Effects.ToList();
        if (leases.Count > 0)
        {
            Effect.Warn Tell(WarningKind kind, TimeSpan? threshold) => new(new AccountWarning(
                kind, threshold, health, RunwayOf(health), seen.Grant.Allowance, Needed(leases)));
            if (next.Threshold is { } lower && (warned.Threshold is not { } former || lower < former))
                effects.Add(Tell(WarningKind.RunwayLow, lower));
            else if (warned.Threshold is { } mended && next.Threshold != mended)
                effects.Add(Tell(WarningKind.Recovered, mended));
            if (next.AllowanceLow != warned.AllowanceLow)
                effects.Add(Tell(next.AllowanceLow ? WarningKind.AllowanceLow : WarningKind.AllowanceRestored, threshold: null));
        }

        return new Decision(book with { Account = book.Account with { Warnings = next } }, effects);
    }

    /// <summary>When the runway falls below the next threshold while nothing changes; null: below none.</summary>
    public static BlockTime? NextCrossing(Account account, AccountPolicy policy)
    {
        if (account.Health?.CriticalAt is not { } critical)
            return null;
        var next = policy.Warnings.Where(t => account.Warnings.Threshold is not { } warned || t < warned).DefaultIfEmpty().Max();
        var seconds = checked((ulong)next.TotalSeconds);
        // Below it, not at it.
        return next == default ? null : new BlockTime(critical.UnixSeconds > seconds ? critical.UnixSeconds - seconds + 1 : 0);
    }

    /// <summary>The raises that one pause and one resumption of everything would take of the allowance, which the protocol never refunds.</summary>
    public static FlowRate Needed(IEnumerable<Lease> leases) => leases.Aggregate(FlowRate.Zero, (sum, lease) =>
    {
        var raise = lease.State == LeaseState.Paused ? lease.Rate.MinusFloored(lease.WantedRate) : lease.Rate;
        return sum > FlowRate.Max - raise ? FlowRate.Max : sum + raise;
    });

    private static TimeSpan? ThresholdOf(TimeSpan? warned, AccountHealth health, IReadOnlyList<Lease> leases, AccountPolicy policy)
    {
        var runway = RunwayOf(health);
        TimeSpan? below = null;
        foreach (var threshold in policy.Warnings.Where(t => IsBelow(runway, t)))
            below = below is { } lowest && lowest < threshold ? lowest : threshold;
        if (warned is not { } former || below <= former)
            return below;
        // It rose. While something is paused for want of money the runway is long because nothing is paid: that mends nothing.
        if (leases.Any(IsShortOfFunds))
            return warned;
        // Each threshold between the two is left for itself, with its own margin.
        foreach (var threshold in policy.Warnings.Append(former).Order())
        {
            if (threshold >= former && IsBelow(runway, threshold + (threshold / RecoveryPart)))
                return threshold;
        }

        return null;
    }

    private static bool IsShortOfFunds(Lease lease) =>
        lease.State == LeaseState.Paused && lease.Breaker.Reason is Reason.RunwayLow or Reason.InsufficientBalance or Reason.FlowLiquidated;

    private static bool IsAllowanceLow(bool wasLow, OperatorGrant grant, FlowRate needed) => !grant.IsUnlimited
        && (grant.Allowance < needed || (wasLow && grant.Allowance - needed < FlowRate.FromWeiPerSecond(needed.WeiPerSecond / RecoveryPart)));

    private static bool IsBelow(Runway runway, TimeSpan threshold) => runway.Seconds is { } seconds && seconds < (ulong)threshold.TotalSeconds;

    private static Runway RunwayOf(AccountHealth health) => Solvency.RunwayOf(health.AvailableBalance, health.NetFlowRate, health.At);
}
