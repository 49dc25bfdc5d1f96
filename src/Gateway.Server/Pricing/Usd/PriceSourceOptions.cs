using Gateway.Domain.Pricing;
using Gateway.Server.Configuration;
using Gateway.Server.Resilience;

namespace Gateway.Server.Pricing.Usd;

/// <summary><c>Gateway:Prices:Usd:SYMBOL</c>: what a whole super token is worth in US dollars. Exactly one of the first three says where that comes from.</summary>
internal sealed class PriceSourceOptions
{
    /// <summary>Fixed, as in "1" for a stablecoin.</summary>
    public string Fixed { get; set; } = "";

    /// <summary>A path or an http or https URL of JSON, in which <see cref="Pointer"/> points at the value.</summary>
    public string Location { get; set; } = "";

    /// <summary>An aggregator on the same chain (AggregatorV3Interface).</summary>
    public string Aggregator { get; set; } = "";

    /// <summary>JSON pointer (RFC 6901), as in "/aleph/usd". Empty: the whole document is the value.</summary>
    public string Pointer { get; set; } = "";

    /// <summary>Where in the same JSON the source says since when it is true, in seconds since 1970 or as RFC 3339. Empty: what it says counts as of now, whenever it is read.</summary>
    public string AtPointer { get; set; } = "";

    /// <summary>How often it is asked. 100 ms to 1 h, default 30 s.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Of one try. 100 ms to 1 min, default 5 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What is older prices nothing new. At least the refresh interval, at most 7 days; default 10 min. An aggregator's age is counted from its own update, that of a file or feed as <see cref="AtPointer"/> says.</summary>
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>A value further from the last one than so many millionths is not believed until an operator reloads the prices. 1 to 10,000,000, default 250,000: a quarter.</summary>
    public uint MostChangePpm { get; set; } = 250_000;

    /// <summary>What is below is never believed. Dollars; empty: no bound.</summary>
    public string Least { get; set; } = "";

    /// <summary>What is above is never believed. Dollars; empty: no bound.</summary>
    public string Most { get; set; } = "";

    public void Check(string key, OptionsProblems problems)
    {
        if (((string[])[Fixed, Location, Aggregator]).Count(s => s.Length > 0) != 1)
            problems.Add(key, "needs exactly one of Fixed, Location and Aggregator.");
        CheckUsd($"{key}:{nameof(Fixed)}", Fixed, problems);
        CheckUsd($"{key}:{nameof(Least)}", Least, problems);
        CheckUsd($"{key}:{nameof(Most)}", Most, problems);
        problems.Address($"{key}:{nameof(Aggregator)}", Aggregator, required: false);
        if (Location.Contains("://", StringComparison.Ordinal) && !GuardedSource.IsUrl(Location, out _))
            problems.Add($"{key}:{nameof(Location)}", "is neither a path nor an absolute URL of http or https.");
        if (Pointer.Length > 0 && Pointer[0] != '/')
            problems.Add($"{key}:{nameof(Pointer)}", "is no JSON pointer: it begins with '/'.");
        if (AtPointer.Length > 0 && (AtPointer[0] != '/' || Location.Length == 0))
            problems.Add($"{key}:{nameof(AtPointer)}", "is no JSON pointer into what Location answers: it begins with '/'.");
        problems.InRange($"{key}:{nameof(RefreshInterval)}", RefreshInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        problems.InRange($"{key}:{nameof(Timeout)}", Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        problems.InRange($"{key}:{nameof(StaleAfter)}", StaleAfter, RefreshInterval, TimeSpan.FromDays(7));
        if (MostChangePpm is 0 or > 10_000_000)
            problems.Add($"{key}:{nameof(MostChangePpm)}", $"{MostChangePpm} is outside 1 to 10000000.");
    }

    private static void CheckUsd(string key, string text, OptionsProblems problems)
    {
        if (text.Length > 0 && !UsdWorth.TryParse(text, out _))
            problems.Add(key, $"'{text}' is no amount of dollars above 0, with 18 places at most.");
    }
}
