using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Gateway.Testing.Redis;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Hosting;

/// <summary>The whole gateway with real parts around it: Redis, a chain with the real contracts that mines a block for each transaction, a gRPC channel to it.</summary>
public sealed class HostedGateway : IAsyncLifetime
{
    /// <summary>Those that the chain is started with have lower numbers.</summary>
    private const int FirstFresh = 2_000_000;

    private IRedisServer? _redis;
    private DevnetWorld? _world;
    private GatewayHost? _gateway;
    private Repairs? _repairs;
    private GrpcChannel? _channel;
    private RedisConnection? _connection;
    private int _fresh = FirstFresh;
    private bool _isLossy;

    /// <summary>A test makes its Redis lose something.</summary>
    internal void MayLose() => _isLossy = true;

    /// <summary>Redis loses everything.</summary>
    internal async Task LoseRedisAsync()
    {
        MayLose();
        await using var admin = await ConnectionMultiplexer.ConnectAsync(World.Redis + ",allowAdmin=true");
        foreach (var server in admin.GetServers())
            await server.FlushAllDatabasesAsync();
    }

    /// <summary>Which Redis; null: the one that the tests take.</summary>
    internal IRedisServer? Redis { get; init; }

    /// <summary>Without a retry policy: a test sees the first answer.</summary>
    public GrpcChannel Channel => _channel ?? throw new InvalidOperationException("Not started yet.");

    internal SchedulerCalls Leases => new(Channel);

    internal OperatorCalls Operations => new(Channel);

    /// <summary>The stored log, for what a scheduler cannot see: which directives wait for a report.</summary>
    internal DirectiveLog Log { get; private set; } = null!; // Set before any test runs.

    internal DevnetWorld World => _world ?? throw new InvalidOperationException("Not started yet.");

    internal Address Node => World.Chain.Accounts.Payees[0].Address;

    internal Address Community => World.Chain.Accounts.Community.Address;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _redis = Redis ?? await RedisChoice.StartAsync(Cancellation);
        var options = new DevnetOptions { Redis = _redis.Connection, Payers = 0 };
        _world = await DevnetWorld.StartAsync(options, TestContext.Current.SendDiagnosticMessage, TimeProvider.System, Cancellation);
        await _world.Chain.Anvil.Control.MineOnDemandAsync(Cancellation);
        _gateway = await GatewayHost.StartAsync(_world, GatewayOutput.None, TimeProvider.System, Cancellation, builder => builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Logging:LogLevel:Default"] = "Warning",
                // What another test's waiting would take too long for: none of it is what these tests measure.
                ["Gateway:Policy:AuditInterval"] = "00:00:01",
                ["Gateway:Directives:RedeliverAfter"] = "00:00:00.500",
            }));
        _repairs = new Repairs(_gateway.Meters);
        _channel = GrpcChannel.ForAddress(_world.GrpcUrl);
        var stored = new OptionsWrapper<RedisOptions>(new RedisOptions { Connection = _redis.Connection });
        _connection = new RedisConnection(stored, new RedisPipelines(stored, TimeProvider.System));
        Log = new DirectiveLog(_connection);
    }

    /// <summary>Where nothing is made to get lost, what the audit had to make good is a defect, and fails whoever used this gateway.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_connection is not null)
            await _connection.DisposeAsync();
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        if (_world is not null)
            await _world.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        _repairs?.Dispose();
        if (!_isLossy)
            Assert.Empty(_repairs?.Causes ?? []);
    }

    /// <summary>Another gateway on the same Redis. Dispose it.</summary>
    /// <param name="settings">What is different with it.</param>
    internal Task<Replica> StartReplicaAsync(params IEnumerable<KeyValuePair<string, string?>> settings) => Replica.StartAsync(World, settings, Cancellation);

    /// <summary>An account that nobody has used, with the money of a payer.</summary>
    /// <param name="authorised">Whether it lets the operator do everything with every token.</param>
    internal async Task<DevAccount> NewPayerAsync(bool authorised = true, Funds? funds = null)
    {
        var payer = DevAccount.Of("payer", Interlocked.Increment(ref _fresh));
        await World.Chain.FundAsync(funds ?? Funds.OfPayer, [payer], Cancellation);
        if (authorised)
            await World.Chain.AuthorizeAsync([payer], Cancellation);
        return payer;
    }
}

/// <summary>The tests of the hosted gateway: one host for all of them, accounts and leases of its own for each.</summary>
[CollectionDefinition(Name)]
public sealed class Hosted : ICollectionFixture<HostedGateway>
{
    public const string Name = "Hosted gateway";
}
