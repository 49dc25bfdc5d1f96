using System.Globalization;
using Gateway.Chain.Signing;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Configuration;

/// <summary>Everything that is wrong with one section, each line with its full key: an operator fixes a configuration once, not line by line.</summary>
internal sealed class OptionsProblems(string section)
{
    private readonly List<string> _lines = [];

    public void Add(string key, string problem) => _lines.Add($"{section}:{key}: {problem}");

    public void Require(string key, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
            Add(key, "is required.");
    }

    public void InRange(string key, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
            Add(key, string.Create(CultureInfo.InvariantCulture, $"{value:c} is outside {least:c} to {most:c}."));
    }

    public void Address(string key, string? value, bool required)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            if (required)
                Add(key, "is required.");
        }
        else if (!Eip55.TryParse(value, out _))
        {
            Add(key, "is not an address: 0x and 40 hex digits, mixed case only as an EIP-55 checksum.");
        }
    }

    public void Url(string key, string? value, params string[] schemes)
    {
        // The value is not repeated: keys of RPC providers stand in their paths.
        if (!Uri.TryCreate(value, UriKind.Absolute, out var url) || !schemes.Contains(url.Scheme, StringComparer.Ordinal))
            Add(key, $"is not an absolute URL of {string.Join(" or ", schemes)}.");
    }

    /// <summary>A URL to listen on: a name would have to be resolved first, and might mean several addresses.</summary>
    public void ListenUrl(string key, string? value)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || !IsLocal(url))
            Add(key, "is not http or https with an IP address or localhost, like http://127.0.0.1:7070.");
    }

    public ValidateOptionsResult ToResult() => _lines.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_lines);

    private static bool IsLocal(Uri url) =>
        url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || string.Equals(url.Host, "localhost", StringComparison.Ordinal);
}

/// <summary>Checks one section and reports all that it finds.</summary>
internal abstract class SectionValidator<TOptions>(string section) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var problems = new OptionsProblems(section);
        Check(options, problems);
        return problems.ToResult();
    }

    protected abstract void Check(TOptions options, OptionsProblems problems);
}
