using Gateway.Server.Configuration;
using Gateway.Server.Resilience;

namespace Gateway.Server.Payees;

/// <summary><c>Gateway:PayeeDirectory</c>: who may be paid.</summary>
internal sealed class PayeeDirectoryOptions
{
    public const string Section = "Gateway:PayeeDirectory";

    /// <summary>A path, or an http or https URL. Empty: anybody may be paid.</summary>
    public string Source { get; set; } = "";

    /// <summary>How often it is read. 100 ms to 1 day, default 1 min.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Of one try. 100 ms to 1 min, default 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A directory that could not be read for longer than this degrades readiness; it goes on being used. At least the refresh interval, at most 30 days; default 1 h.</summary>
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromHours(1);

    public bool IsOn => Source.Length > 0;
}

internal sealed class PayeeDirectoryOptionsValidator() : SectionValidator<PayeeDirectoryOptions>(PayeeDirectoryOptions.Section)
{
    protected override void Check(PayeeDirectoryOptions options, OptionsProblems problems)
    {
        problems.InRange(nameof(options.RefreshInterval), options.RefreshInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1));
        problems.InRange(nameof(options.Timeout), options.Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        problems.InRange(nameof(options.StaleAfter), options.StaleAfter, options.RefreshInterval, TimeSpan.FromDays(30));
        if (options.Source.Contains("://", StringComparison.Ordinal) && !GuardedSource.IsUrl(options.Source, out _))
            problems.Add(nameof(options.Source), "is neither a path nor an absolute URL of http or https.");
    }
}
