using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Gateway.Domain.Identity;

namespace Gateway.Domain.Statements;

/// <summary>How time is cut into periods that are closed once. Numbers are those of the store: append only.</summary>
public enum PeriodLength
{
    Unspecified = 0,

    /// <summary>Calendar months, UTC.</summary>
    Month = 1,

    /// <summary>Days, UTC.</summary>
    Day = 2,
}

/// <summary>One of the periods that statements are closed in: its first second is in it, its last one is the next one's first.</summary>
public sealed record BillingPeriod
{
    private readonly PeriodLength _length;

    private BillingPeriod(PeriodLength length, DateTimeOffset from) => (_length, FromAt) = (length, from);

    /// <summary>"2026-11" or "2026-11-24".</summary>
    public string Name => FromAt.ToString(_length == PeriodLength.Day ? "yyyy-MM-dd" : "yyyy-MM", CultureInfo.InvariantCulture);

    public BlockTime From => new((ulong)FromAt.ToUnixTimeSeconds());

    public BlockTime To => new((ulong)Next.FromAt.ToUnixTimeSeconds());

    public BillingPeriod Next => new(_length, _length == PeriodLength.Day ? FromAt.AddDays(1) : FromAt.AddMonths(1));

    private DateTimeOffset FromAt { get; }

    /// <param name="length">Month or day.</param>
    /// <param name="at">1970 or later.</param>
    public static BillingPeriod Containing(PeriodLength length, DateTimeOffset at)
    {
        var utc = at.ToUniversalTime();
        return new BillingPeriod(length, new DateTimeOffset(utc.Year, utc.Month, length == PeriodLength.Day ? utc.Day : 1, 0, 0, 0, TimeSpan.Zero));
    }

    /// <summary>The period of that name, of either length. None of the year 9999, whose last one has no end that can be written.</summary>
    public static bool TryParse(string? name, [NotNullWhen(true)] out BillingPeriod? period)
    {
        period = null;
        foreach (var (length, form) in ((PeriodLength, string)[])[(PeriodLength.Month, "yyyy-MM"), (PeriodLength.Day, "yyyy-MM-dd")])
        {
            if (DateTimeOffset.TryParseExact(name, form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at.Year is >= 1970 and < 9999)
                period = new BillingPeriod(length, at);
        }

        return period is not null;
    }

    public override string ToString() => Name;
}
