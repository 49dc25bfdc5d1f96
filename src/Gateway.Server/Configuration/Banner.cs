using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Configuration;

/// <summary>What this process was started with, secrets masked: the first thing somebody on call wants to see.</summary>
internal sealed partial class Banner(
    IOptions<ChainOptions> chain,
    IOptions<OperatorOptions> operatorKey,
    IOptions<RedisOptions> redis,
    IOptions<GrpcOptions> grpc,
    IOptions<HttpOptions> http,
    IOptions<PolicyOptions> policy)
{
    public void Log(ILogger logger)
    {
        foreach (var line in Lines())
            LogLine(logger, line);
    }

    public IEnumerable<string> Lines()
    {
        yield return $"chain {chain.Value.ChainId} through {string.Join(", ", chain.Value.Endpoints.Select(e => HostOf(e.Url)))}";
        yield return $"operator key from {(string.IsNullOrEmpty(operatorKey.Value.KeystorePath) ? "the configuration (devnet only)" : operatorKey.Value.KeystorePath)}";
        yield return $"redis {MaskConnection(redis.Value.Connection)}";
        yield return $"gRPC {grpc.Value.Url}, HTTP {http.Value.Url}";
        yield return $"pause margin {policy.Value.PauseMargin:c}, exposure limit {policy.Value.ExposureLimit:c} ({policy.Value.ChainUnreachable})";
    }

    /// <summary>Host and port of a URL: providers put keys into paths, queries and user names.</summary>
    public static string HostOf(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Authority.Split('@')[^1] : "?";

    /// <summary>A connection string with its password and user replaced.</summary>
    public static string MaskConnection(string connection) => SecretPart().Replace(connection, "${name}=***");

    [GeneratedRegex("(?<name>password|user)\\s*=\\s*[^,]*", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretPart();

    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "{Line}")]
    private static partial void LogLine(ILogger logger, string line);
}
