using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;

namespace Gateway.Domain.Accounts;

/// <summary>What to do about an account that cannot be looked at.</summary>
/// <param name="ExposureLimit">How long after the last verified look a VM may go on running.</param>
/// <param name="FailClosed">Beyond that it is paused; else it runs on at the node's risk.</param>
public sealed record ExposurePolicy(TimeSpan ExposureLimit, bool FailClosed);

/// <summary>Verdicts without a look. Unknown is not unpaid: what was last verified still proves the account funded until a computable second.</summary>
internal static class Unverified
{
    public static IReadOnlyList<LeaseVerdict> Assess(
        AccountBook book, TokenParameters parameters, AccountPolicy policy, ExposurePolicy exposure, DateTimeOffset now)
    {
        if (book.Account.Health is not { } last)
            return [];
        var since = now - last.At.ToDateTimeOffset();
        var running = book.Leases.Values.Where(l => l.State is LeaseState.Active or LeaseState.Updating).ToList();
        if (since > exposure.ExposureLimit && exposure.FailClosed)
        {
            var unseen = new Evidence(last.Block, last.At.ToDateTimeOffset(), TransactionHash: null, $"nothing could be verified for {(long)since.TotalSeconds} s");
            return [.. running.Select(l => Bad(l, Reason.ChainUnreachable, last.CriticalAt, unseen))];
        }

        var predicted = Predict(book.Account, last, parameters, last.At.AtOrAfter(now));
        var (shortOf, _) = PauseOrder.Choose(book, predicted, policy);
        var evidence = new Evidence(last.Block, last.At.ToDateTimeOffset(), TransactionHash: null, $"predicted from block {last.Block}: balance {predicted.AvailableBalance}");
        return [.. running.Where(l => shortOf.Contains(l.Id)).Select(l => Bad(l, Reason.RunwayLow, last.CriticalAt, evidence))];
    }

    /// <summary>The last verified look, moved on to <paramref name="at"/> along its own net rate.</summary>
    private static AccountObservation Predict(Account account, AccountHealth last, TokenParameters parameters, BlockTime at) => new(
        new BlockRef(last.Block, Hash32.FromBytes(new byte[Hash32.Size]), last.At),
        at,
        Solvency.BalanceAfter(last.AvailableBalance, last.NetFlowRate, at.UnixSeconds - last.At.UnixSeconds),
        last.BufferDeposit,
        last.NetFlowRate,
        last.Grant,
        account.Flows.Values.Where(f => !f.Observed.Rate.IsZero).ToImmutableDictionary(f => f.Payee, f => f.Observed),
        parameters);

    private static LeaseVerdict Bad(Lease lease, Reason reason, BlockTime? criticalAt, Evidence evidence) =>
        new(lease.Id, LeaseHealth.Bad, IsCertain: true, reason, criticalAt?.ToDateTimeOffset(), evidence, []);
}
