using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Whether the servers behind the connection keep what they are given. Leases are money: a server that may forget them is refused.</summary>
/// <remarks>
/// Garnet answers these questions differently: an empty eviction policy means that none is configured. A server that hides its configuration is asked
/// through INFO, which managed services leave open.
/// </remarks>
internal static class RedisHealth
{
    private const int OldestMajor = 7;

    /// <param name="connection">As configured. A connection of its own: INFO and CONFIG are open to administrators only, which the gateway otherwise is not.</param>
    /// <returns>Everything that is wrong, one sentence each; empty where all is well.</returns>
    /// <exception cref="RedisException">A server did not answer.</exception>
    public static async Task<IReadOnlyList<string>> FindProblemsAsync(string connection)
    {
        var configuration = ConfigurationOptions.Parse(connection);
        configuration.AllowAdmin = true;
        configuration.AbortOnConnectFail = true;
        await using var multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration);
        List<string> problems = [];
        foreach (var server in multiplexer.GetServers().Where(s => s is { IsConnected: true, IsReplica: false, ServerType: not ServerType.Sentinel }))
            problems.AddRange(await FindProblemsAsync(server));
        return problems;
    }

    private static async Task<List<string>> FindProblemsAsync(IServer server)
    {
        List<string> problems = [];
        var name = Name(server.EndPoint);
        var info = await InfoAsync(server);
        var isGarnet = string.Equals(info.GetValueOrDefault("server_name"), "garnet", StringComparison.Ordinal);
        var version = info.GetValueOrDefault("redis_version", "");
        if (!int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) || major < OldestMajor)
            problems.Add($"{name} is Redis '{version}'; {OldestMajor} or newer is needed.");

        var eviction = await ConfigAsync(server, "maxmemory-policy") ?? info.GetValueOrDefault("maxmemory_policy", "");
        if (!string.Equals(eviction, "noeviction", StringComparison.Ordinal) && !(isGarnet && eviction.Length == 0))
            problems.Add($"{name} may evict keys: its maxmemory-policy is '{eviction}', which must be noeviction.");

        var appends = await ConfigAsync(server, "appendonly") ?? (info.GetValueOrDefault("aof_enabled") is "1" ? "yes" : "no");
        if (!string.Equals(appends, "yes", StringComparison.Ordinal))
            problems.Add($"{name} keeps no append-only file: what was acknowledged would be lost with its process. Set appendonly yes.");
        return problems;
    }

    /// <returns>Null where the server does not tell.</returns>
    private static async Task<string?> ConfigAsync(IServer server, string setting)
    {
        try
        {
            return (await server.ConfigGetAsync(setting)) is [var pair, ..] ? pair.Value : null;
        }
        catch (RedisServerException)
        {
            return null; // Renamed, or not allowed to this user.
        }
    }

    private static async Task<Dictionary<string, string>> InfoAsync(IServer server)
    {
        var info = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var section in new[] { "server", "memory", "persistence" })
        {
            foreach (var pair in (await server.InfoAsync(section)).SelectMany(g => g))
                info[pair.Key] = pair.Value;
        }

        return info;
    }

    private static string Name(EndPoint endpoint) => endpoint switch
    {
        DnsEndPoint dns => string.Create(CultureInfo.InvariantCulture, $"{dns.Host}:{dns.Port}"),
        _ => endpoint.ToString() ?? "?",
    };
}
