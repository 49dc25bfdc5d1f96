using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>How long, and how much, the VMs of an account could have run unpaid since it was last verified: a flow may have been closed right after.</summary>
/// <param name="Amount">At their prices, rounded up to a wei.</param>
public sealed record Exposure(TimeSpan Time, TokenAmount Amount)
{
    public static readonly Exposure None = new(TimeSpan.Zero, TokenAmount.Zero);

    /// <summary>As of <paramref name="now"/>. Nothing where no VM may run, or where nothing was ever verified: without a look none is told to run.</summary>
    public static Exposure Of(AccountBook book, DateTimeOffset now)
    {
        if (book.Account.Health is not { } last || now <= last.At.ToDateTimeOffset())
            return None;
        var rates = book.Leases.Values.Where(l => l.MayRun).Select(l => l.Rate).ToList();
        if (rates.Count == 0)
            return None;
        var milliseconds = (long)(now - last.At.ToDateTimeOffset()).TotalMilliseconds;
        var use = rates.Aggregate(MilliWei.Zero, (sum, rate) => sum + MilliWei.Of(rate, milliseconds));
        return new Exposure(TimeSpan.FromMilliseconds(milliseconds), use.CeilingToWei());
    }
}
