using System.Numerics;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>Flows under VMs that their scheduler stops and starts by itself: they carry what is used on the whole, and are touched only where the drift passes the tolerance (decision 16).</summary>
/// <remarks>
/// A change on chain for each start and stop would cost more than many a burst is worth. So within the tolerance nothing is changed, on either side: what was paid ahead is
/// used up by the next bursts, and what a burst used beyond it is owed until then. Past it the flow is brought near to what is used on the whole. A node is owed no more than the
/// tolerance: from there on the flow carries at least what runs. A payer is ahead by no more than twice as much: from there on it carries at most what runs.
/// </remarks>
internal static class Steering
{
    /// <summary>Over how many tolerances use is averaged, and the drift brought back.</summary>
    private const int Horizon = 10;

    /// <summary>A flow that is so near to where it should be, in parts of its legs, is left there.</summary>
    private const int NearEnough = 20;

    /// <summary>A VM of the flow was stopped by its scheduler's own will, and not long ago if it runs again.</summary>
    public static bool Applies(AccountBook book, Flow flow, AccountPolicy policy, BlockTime at) => book.Leases.Values.Any(l => l.Pays(flow.Payee) && IsBursty(l, policy, at));

    /// <param name="rides">The flow is changed anyway.</param>
    public static RateTrim TrimOf(AccountBook book, Flow flow, FlowRate legs, Drift drift, AccountPolicy policy, BlockTime at, bool rides)
    {
        var present = flow.Correction.Trim;
        if (rides ? present.IsNone : flow.Desired != flow.Observed.Rate || !IsLeaving(book, flow, legs, drift, policy, at))
            return present;
        // Who does not rest is paid as he would be without the others: a VM may run only where the chain is seen to pay it. One wei a second keeps the flow: closing and
        // opening it again costs more, and needs a permission more.
        var steady = SteadyLegs(book, flow, policy, at).WeiPerSecond;
        var least = Int128.Max(1, steady - (steady / RateTrim.MostOf));
        var most = legs.WeiPerSecond + (legs.WeiPerSecond / RateTrim.MostOf);
        var target = (Int128)BigInteger.Clamp(Floor(Wanted(book, flow, legs, drift, policy, at), 1000), least, most);
        var isNear = Int128.Abs(target - drift.Leg.WeiPerSecond) <= legs.WeiPerSecond / NearEnough;
        return isNear && !rides ? present : new RateTrim(target - legs.WeiPerSecond);
    }

    /// <summary>When the drift leaves the tolerance if everything goes on as it does. Null: it does not.</summary>
    public static DateTimeOffset? NextAt(AccountBook book, Flow flow, Drift drift, AccountPolicy policy, BlockTime at)
    {
        var perSecond = Slope(book, flow, drift, at);
        if (perSecond.IsZero)
            return null;
        var worth = Worth(book.LegsOf(flow.Payee), policy).Value;
        var border = perSecond.Sign < 0 ? -worth : drift.Amount.Value <= worth ? worth : 2 * worth;
        var left = (border - drift.Amount.Value) * perSecond.Sign;
        // It is outside already: looked at again as often as it could be worth anything.
        var often = Math.Max(1, (ulong)policy.DriftTolerance.TotalSeconds);
        var seconds = left.Sign < 0
            ? often - ((at.UnixSeconds - Math.Min(at.UnixSeconds, flow.Observed.LastUpdated.UnixSeconds)) % often)
            : (ulong)BigInteger.Min((left / BigInteger.Abs(perSecond)) + 1, 365 * 86_400);
        return at.PlusSeconds(seconds).ToDateTimeOffset();
    }

    /// <summary>When the flow is no longer steered if its VMs go on as they do: what is left then is for a trim, and nothing else would call for a look. Null: one of them rests.</summary>
    public static DateTimeOffset? EndsAt(AccountBook book, Flow flow, AccountPolicy policy, BlockTime at)
    {
        var bursty = book.Leases.Values.Where(l => l.Pays(flow.Payee) && IsBursty(l, policy, at)).ToList();
        if (bursty.Exists(l => l.Meter.Phase != MeterPhase.Running))
            return null;
        var end = bursty.SelectMany(l => l.Meter.Reports).Where(r => r.Phase == MeterPhase.Paused).Max(r => r.At) + (policy.DriftTolerance * Horizon);
        return DateTimeOffset.FromUnixTimeMilliseconds((end.ToUnixTimeMilliseconds() + 999) / 1000 * 1000);
    }

    /// <summary>What the flow should carry in a second, as far as its drift and its use go. In thousandths of a wei, signed.</summary>
    private static BigInteger Wanted(AccountBook book, Flow flow, FlowRate legs, Drift drift, AccountPolicy policy, BlockTime at)
    {
        var onTheWhole = ((BigInteger)SteadyLegs(book, flow, policy, at).WeiPerSecond * 1000) + MeanUse(book, flow, policy, at) - Floor(drift.Amount.Value, (BigInteger)policy.DriftTolerance.TotalSeconds * Horizon);
        var (now, worth) = (Drifting.Metered(book, flow, at).Value, Worth(legs, policy).Value);
        if (drift.Amount.Value < -worth)
            return BigInteger.Max(onTheWhole, now);
        return drift.Amount.Value > 2 * worth ? BigInteger.Min(onTheWhole, now) : onTheWhole;
    }

    /// <summary>It is past the tolerance, and not on its way back.</summary>
    private static bool IsLeaving(AccountBook book, Flow flow, FlowRate legs, Drift drift, AccountPolicy policy, BlockTime at) =>
        drift.Amount.Magnitude > Worth(legs, policy) && Slope(book, flow, drift, at).Sign == drift.Amount.Value.Sign;

    /// <summary>By how much the drift grows in a second as things are. In thousandths of a wei, signed.</summary>
    private static BigInteger Slope(AccountBook book, Flow flow, Drift drift, BlockTime at) =>
        ((BigInteger)drift.Leg.WeiPerSecond * 1000) - Drifting.Metered(book, flow, at).Value;

    private static bool IsBursty(Lease lease, AccountPolicy policy, BlockTime at)
    {
        if (lease.State is not (LeaseState.Active or LeaseState.Updating))
            return false;
        // What stood before its breaker last moved stood by our word.
        var since = MeterTime.Later(at.ToDateTimeOffset() - (policy.DriftTolerance * Horizon), lease.Breaker.ChangedAt);
        return lease.Meter.Reports.Any(r => r.Phase == MeterPhase.Paused && r.At > since)
            || (lease.Meter.Phase == MeterPhase.Paused && lease.Meter.Reports[^1].At > lease.Breaker.ChangedAt);
    }

    /// <summary>What the flow carries for leases that do not rest.</summary>
    private static FlowRate SteadyLegs(AccountBook book, Flow flow, AccountPolicy policy, BlockTime at) =>
        book.Leases.Values.Where(l => !IsBursty(l, policy, at)).Aggregate(FlowRate.Zero, (sum, lease) => sum + lease.WantedFor(flow.Payee));

    /// <summary>What the others used in a second on the whole lately. In thousandths of a wei.</summary>
    private static BigInteger MeanUse(AccountBook book, Flow flow, AccountPolicy policy, BlockTime at)
    {
        var now = at.ToDateTimeOffset();
        var mean = BigInteger.Zero;
        foreach (var lease in book.Leases.Values.Where(l => l.Pays(flow.Payee) && IsBursty(l, policy, at)))
        {
            var from = MeterTime.Later(now - (policy.DriftTolerance * Horizon), lease.Meter.FixedBefore ?? lease.Meter.From);
            // The least bit longer than nothing: what it does in this second stands for it.
            var milliseconds = (long)(now - from).TotalMilliseconds;
            mean += milliseconds < 1000
                ? lease.UsedFor(flow.Payee, now.AddSeconds(1)).Value - lease.UsedFor(flow.Payee, now).Value
                : (lease.UsedFor(flow.Payee, now).Value - lease.UsedFor(flow.Payee, from).Value) * 1000 / milliseconds;
        }

        return mean;
    }

    private static MilliWei Worth(FlowRate legs, AccountPolicy policy) => MilliWei.Of(legs, (long)policy.DriftTolerance.TotalMilliseconds);

    private static BigInteger Floor(BigInteger value, BigInteger divisor)
    {
        var quotient = BigInteger.DivRem(value, divisor, out var rest);
        return rest.Sign < 0 ? quotient - 1 : quotient;
    }
}
