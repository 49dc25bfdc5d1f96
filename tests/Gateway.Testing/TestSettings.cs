using Microsoft.Extensions.Configuration;

namespace Gateway.Testing;

/// <summary>Variables that say how tests are to be run; tests/README.md lists them.</summary>
public static class TestSettings
{
    private static readonly IConfiguration Variables = new ConfigurationBuilder().AddEnvironmentVariables().Build();

    /// <returns>Null where it is not set, or empty.</returns>
    public static string? Get(string variable) => Variables[variable] is { Length: > 0 } value ? value : null;
}
