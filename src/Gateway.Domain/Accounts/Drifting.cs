using System.Numerics;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Domain.Accounts;

/// <summary>Brings what is streamed back to what is used: by trims that ride on changes or go alone past the tolerance, and by when the last close is made (decision 16).</summary>
internal static class Drifting
{
    /// <summary>Leases of one flow that are told of what is done about it.</summary>
    private const int MostNotes = 8;

    /// <summary>How long a trim takes, in tolerances: the longer, the less a flow is off its price; it ends by one more change, or by the next one that comes anyway.</summary>
    private const int TrimTolerances = 10;

    /// <param name="before">The book that the decision was made of.</param>
    public static Decision Apply(AccountBook before, Decision decision, AccountPolicy policy, DateTimeOffset now)
    {
        var at = AtOrAfter(decision.Book, now);
        foreach (var payee in decision.Book.Account.Flows.Keys.Order())
        {
            var flow = decision.Book.Account.Flows[payee];
            var rides = decision.Effects.OfType<Effect.MarkFlow>().Any(m => m.Flow.Payee == payee);
            var wish = Wish(decision.Book, flow, policy, at, rides);
            if (wish.Correction != flow.Correction)
                decision = FlowBook.Correct(before, decision, flow, wish.Correction, wish.Urgency, Notes(decision.Book, flow, wish.Correction, at));
        }

        return decision;
    }

    /// <summary>When something is to be done about the flow though nothing happens to it. Null: never.</summary>
    public static DateTimeOffset? NextAt(AccountBook book, Flow flow, AccountPolicy policy, DateTimeOffset now)
    {
        if (flow.Correction.Kept is { } kept)
            return kept.Until.ToDateTimeOffset();
        var at = AtOrAfter(book, now);
        if (flow.Desired != flow.Observed.Rate || Drift.Of(book, flow, at) is not { IsCertain: true } drift)
            return null;
        if (Steering.Applies(book, flow, policy, at) && IsUndisturbed(book, flow))
            return Earlier(Steering.NextAt(book, flow, drift, policy, at), Steering.EndsAt(book, flow, policy, at));
        if (flow.Correction.Trim.IsNone)
            return null;
        // It moves by the difference of what flows and what is metered.
        var (amount, perSecond) = (drift.Amount.Value, ((BigInteger)drift.Leg.WeiPerSecond * 1000) - Metered(book, flow, at).Value);
        if (amount.Sign == 0 || amount.Sign == perSecond.Sign || perSecond.IsZero)
            return null;
        var seconds = BigInteger.Min(Ceiling(BigInteger.Abs(amount), BigInteger.Abs(perSecond)), 365 * 86_400);
        return at.PlusSeconds((ulong)seconds).ToDateTimeOffset();
    }

    private static (FlowCorrection Correction, Urgency Urgency) Wish(AccountBook book, Flow flow, AccountPolicy policy, BlockTime at, bool rides)
    {
        var legs = book.LegsOf(flow.Payee);
        if (legs.IsZero)
            return (flow.Correction with { Kept = KeptOf(book, flow, policy, at) }, Urgency.StopLoss);
        // What is not certain is neither paid back nor asked for.
        if (Drift.Of(book, flow, at) is not { IsCertain: true } drift)
            return (flow.Correction, Urgency.Trim);
        var trim = TrimOf(book, flow, legs, drift, policy, at, rides);
        return (flow.Correction with { Trim = trim, Lacking = FlowRate.Larger(flow.Correction.Lacking, trim.Missing) }, UrgencyOf(drift, legs, flow.Correction.Trim, trim, policy));
    }

    private static RateTrim TrimOf(AccountBook book, Flow flow, FlowRate legs, Drift drift, AccountPolicy policy, BlockTime at, bool rides)
    {
        var present = flow.Correction.Trim;
        if (Steering.Applies(book, flow, policy, at) && IsUndisturbed(book, flow))
        {
            var steered = Steering.TrimOf(book, flow, legs, drift, policy, at, rides);
            return steered == present || (IsAllowed(book, present, steered, legs) && IsTold(book, flow, steered)) ? steered : rides ? RateTrim.None : present;
        }

        var isSettled = flow.Desired == flow.Observed.Rate;
        if (!present.IsNone && !rides && (!isSettled || IsDone(present, drift)))
            return isSettled ? RateTrim.None : present;
        var tolerance = Worth(legs, policy.DriftTolerance);
        var metered = Metered(book, flow, at);
        var isOff = rides
            ? Double(drift.Amount.Magnitude) > tolerance && Double(metered) >= Worth(legs, TimeSpan.FromSeconds(1))
            : isSettled && drift.Amount.Magnitude > tolerance && metered == Worth(legs, TimeSpan.FromSeconds(1));
        if (!isOff || !IsUndisturbed(book, flow))
            return rides ? RateTrim.None : present;
        var perSecond = (Int128)BigInteger.Min(
            Ceiling(drift.Amount.Magnitude.Value, (BigInteger)(policy.DriftTolerance.TotalMilliseconds * TrimTolerances)), legs.WeiPerSecond);
        var trim = new RateTrim(drift.Amount > MilliWei.Zero ? -perSecond : perSecond).Gently(legs);
        // One that was made for much less would take for ever; one that is on its way is let be.
        if (!rides && Int128.Abs(trim.WeiPerSecond) < 2 * Int128.Abs(present.WeiPerSecond))
            return present;
        return IsAllowed(book, present, trim, legs) && IsTold(book, flow, trim) ? trim : rides ? RateTrim.None : present;
    }

    private static bool IsDone(RateTrim trim, Drift drift) => trim.WeiPerSecond < 0 ? drift.Amount <= MilliWei.Zero : drift.Amount >= MilliWei.Zero;

    /// <summary>Nobody has touched the flow, and no VM of it is about to stop or to start: else it is about to change anyway.</summary>
    private static bool IsUndisturbed(AccountBook book, Flow flow) => book.Leases.Values.Where(l => l.Pays(flow.Payee)).All(l =>
        l.State != LeaseState.Paused && !l.Withheld.Contains(flow.Payee));

    /// <summary>A finite allowance is never refunded: what a trim adds, now or when it is taken back, must leave enough to open the flow once more.</summary>
    private static bool IsAllowed(AccountBook book, RateTrim present, RateTrim trim, FlowRate legs)
    {
        if (book.Account.Health?.Grant is not { CanUpdate: true } grant)
            return false;
        // What was taken is given back: that costs what it costs, and nothing needs be left.
        if (trim.WeiPerSecond > present.WeiPerSecond && trim.WeiPerSecond <= 0)
            return grant.IsUnlimited || grant.Allowance.WeiPerSecond >= trim.WeiPerSecond - present.WeiPerSecond;
        var added = FlowRate.FromWeiPerSecond(Int128.Abs(trim.WeiPerSecond));
        return grant.IsUnlimited || grant.Allowance >= legs + added;
    }

    /// <summary>What is added must stand in the journal on chain: a lost store would else take it for the payer's own, and leave it for ever.</summary>
    private static bool IsTold(AccountBook book, Flow flow, RateTrim trim) => trim.Added.IsZero || UserDataRecord.Fits(
        book.Leases.Values.Where(l => l.Pays(flow.Payee)).Select(l => new LeaseLeg(l.Id, l.WantedFor(flow.Payee))), trim.Added);

    /// <summary>Within the tolerance it may wait for cheap gas; beyond it, on the side to which the trim itself drives it, it may not.</summary>
    private static Urgency UrgencyOf(Drift drift, FlowRate legs, RateTrim before, RateTrim after, AccountPolicy policy)
    {
        // A flow that we keep low owes more than the tolerance: for how long is what is borne, whatever gas costs.
        if (before.WeiPerSecond < 0 && after.WeiPerSecond > before.WeiPerSecond && drift.Amount + Worth(legs, policy.DriftTolerance) < MilliWei.Zero)
            return Urgency.Raise;
        if (before.IsNone || !after.IsNone || drift.Amount.Magnitude <= Worth(drift.Leg, policy.DriftTolerance))
            return Urgency.Trim;
        return before.WeiPerSecond < 0 ? Urgency.Raise : Urgency.Lower;
    }

    /// <summary>Every lease of the flow has ended by its scheduler's word while it was paid: what is still owed flows for so many seconds more.</summary>
    private static KeptFlow? KeptOf(AccountBook book, Flow flow, AccountPolicy policy, BlockTime at)
    {
        var ending = book.Leases.Values.Where(l => !l.IsEnded && l.Pays(flow.Payee)).ToList();
        if (ending.Count == 0 || !ending.TrueForAll(IsEndedWhilePaid) || Drift.Of(book, flow, at) is not { IsCertain: true, Leg.IsZero: false } drift)
            return null;
        var owed = -drift.Amount.Value;
        if (owed.Sign <= 0)
            return null;
        var rate = flow.Correction.Kept?.Rate ?? KeptRate(drift.Leg, owed, policy);
        // A raise has to get on chain before it pays.
        var raising = rate > drift.Leg ? policy.InclusionSeconds : 0;
        var seconds = raising + (ulong)BigInteger.Min(Ceiling(owed, (BigInteger)rate.WeiPerSecond * 1000), 86_400);
        var closedAt = ending.Max(l => l.ClosedAt) is { } ended && ended.ToUnixTimeSeconds() < (long)at.UnixSeconds ? (ulong)ended.ToUnixTimeSeconds() : at.UnixSeconds;
        // No longer than the tolerance, however much is owed: the rest is carried.
        var until = Math.Min(at.UnixSeconds + seconds, closedAt + (ulong)Math.Ceiling(policy.DriftTolerance.TotalSeconds));
        var closeAt = new BlockTime(until - Math.Min(until, policy.InclusionSeconds));
        if (closeAt <= at || (book.Account.Health?.CriticalAt is { } critical && critical <= closeAt.PlusSeconds(policy.PauseMarginSeconds)))
            return null;
        return new KeptFlow(rate, closeAt);
    }

    /// <summary>As the flow is; one that carries little, since its VMs rested, is raised so far that what is owed takes half the tolerance.</summary>
    private static FlowRate KeptRate(FlowRate leg, BigInteger owed, AccountPolicy policy) =>
        FlowRate.Larger(leg, FlowRate.FromWeiPerSecond((Int128)Ceiling(owed, (BigInteger)policy.DriftTolerance.TotalMilliseconds / 2)));

    private static bool IsEndedWhilePaid(Lease lease) => lease is { State: LeaseState.Closing, Breaker.State: BreakerState.Closed };

    /// <summary>What the leases of the flow use in the second that begins now.</summary>
    internal static MilliWei Metered(AccountBook book, Flow flow, BlockTime at) =>
        Drift.UsedBy(book, flow.Payee, at.PlusSeconds(1)) - Drift.UsedBy(book, flow.Payee, at);

    private static IEnumerable<Effect.Note> Notes(AccountBook book, Flow flow, FlowCorrection to, BlockTime at)
    {
        var drift = Drift.Of(book, flow, at)?.Amount ?? MilliWei.Zero;
        var what = to.Kept is { } kept
            ? $"the flow to {flow.Payee} goes on until {kept.Until.ToDateTimeOffset():O} for what is owed: {-drift.Value} mwei"
            : flow.Correction.Kept is not null ? $"the flow to {flow.Payee} is closed: nothing more is owed, or it can wait no longer"
            : to.Trim.IsNone ? $"the flow to {flow.Payee} is no longer trimmed, its drift is {drift}"
            : $"the flow to {flow.Payee} is trimmed by {to.Trim}, its drift is {drift}";
        return book.Leases.Values.Where(l => !l.IsEnded && l.Pays(flow.Payee)).Take(MostNotes).Select(l => AccountMachine.Note(l, NoteKind.Decision, what));
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) => left is null || right < left ? right : left;

    private static BlockTime AtOrAfter(AccountBook book, DateTimeOffset now) => (book.Account.Health?.At ?? default).AtOrAfter(now);

    private static MilliWei Worth(FlowRate rate, TimeSpan time) => MilliWei.Of(rate, (long)time.TotalMilliseconds);

    private static MilliWei Double(MilliWei amount) => amount + amount;

    private static BigInteger Ceiling(BigInteger value, BigInteger divisor) => (value + divisor - 1) / divisor;
}
