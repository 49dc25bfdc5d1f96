using Microsoft.Extensions.Options;

namespace Gateway.Server.Configuration;

/// <summary>A start that failed on configuration: what to print, and nothing of how it was found out.</summary>
internal static class ConfigurationFailure
{
    /// <summary>Exit code of every verb for a configuration that cannot work.</summary>
    public const int ExitCode = 2;

    /// <summary>All problems of all sections, or null where <paramref name="exception"/> is something else.</summary>
    public static IReadOnlyList<string>? LinesOf(Exception exception) => exception switch
    {
        OptionsValidationException one => [.. one.Failures],
        AggregateException many when many.InnerExceptions.All(e => e is OptionsValidationException) =>
            [.. many.InnerExceptions.Cast<OptionsValidationException>().SelectMany(e => e.Failures)],
        // The binder's own: a value that is no number, no duration, no boolean. It names the key.
        InvalidOperationException { InnerException: FormatException or ArgumentException } unbound when unbound.Message.Contains("configuration", StringComparison.OrdinalIgnoreCase) =>
            [unbound.Message],
        _ => null,
    };

    public static void Print(IReadOnlyList<string> lines, TextWriter output)
    {
        output.WriteLine("The gateway does not start: the configuration has problems.");
        foreach (var line in lines)
            output.WriteLine($"  - {line}");
        output.WriteLine("In the environment ':' is written '__', as in Gateway__Chain__ChainId.");
    }
}
