using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Testing.Gateways;
using Gateway.Testing.Redis;

namespace Gateway.Benchmarks.Running;

/// <summary>Everything real around a gateway that is measured: the contracts on a chain that mines every second, a Redis, payers who have authorised the operator.</summary>
internal sealed class BenchWorld : IAsyncDisposable
{
    /// <summary>Far more than any of these runs pays for gas, so that only the gateway's own limits bind.</summary>
    private static readonly KeyValuePair<string, string> LargeBudget = KeyValuePair.Create("Gateway__Settlement__DailyBudgetNavax", "9000000000000000");

    /// <summary><see cref="LargeBudget"/> for a gateway in this process.</summary>
    public static readonly KeyValuePair<string, string?> LargeBudgetSetting = KeyValuePair.Create(LargeBudget.Key.Replace("__", ":", StringComparison.Ordinal), (string?)LargeBudget.Value);

    private static readonly KeyValuePair<string, string> QuietLogs = KeyValuePair.Create("Logging__LogLevel__Default", "Warning");

    private readonly IRedisServer _redis;

    private BenchWorld(IRedisServer redis, DevnetWorld devnet)
    {
        _redis = redis;
        Devnet = devnet;
    }

    public DevnetWorld Devnet { get; }

    public string RedisKind => _redis.Kind;

    public string RedisConnection => _redis.Connection;

    public static TimeSpan BlockTime { get; } = TimeSpan.FromSeconds(1);

    /// <param name="blockTime">Null: <see cref="BlockTime"/>.</param>
    public static async Task<BenchWorld> StartAsync(int payers, CancellationToken cancellationToken, TimeSpan? blockTime = null)
    {
        var redis = await RedisChoice.StartAsync(cancellationToken);
        try
        {
            var options = new DevnetOptions { Redis = redis.Connection, Payers = payers, Authorize = true, BlockTime = blockTime ?? BlockTime };
            var devnet = await DevnetWorld.StartAsync(options, Console.Error.WriteLine, TimeProvider.System, cancellationToken);
            await devnet.Chain.Anvil.Control.SetBalanceAsync(devnet.Chain.Accounts.Operator.Address, Funds.OfAvax(1_000_000_000), cancellationToken);
            return new BenchWorld(redis, devnet);
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>The gateway's executable in a process of its own, configured as a devnet's is; ready when this returns.</summary>
    public Task<ServerProcess> StartGatewayAsync(CancellationToken cancellationToken, params IEnumerable<KeyValuePair<string, string>> settings) =>
        ServerProcess.StartAsync(Devnet, cancellationToken, [LargeBudget, QuietLogs, .. settings]);

    public async ValueTask DisposeAsync()
    {
        await Devnet.DisposeAsync();
        await _redis.DisposeAsync();
    }
}
