using System.Diagnostics;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Gateway.Server.Resilience;
using Gateway.Server.Telemetry;
using Gateway.Server.Workers;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Gateway.EndToEnd.Tests.Resilience;

/// <summary>The pool, the socket and the heads on a real node.</summary>
public sealed class RealChainTests(ChainFixture chain) : IClassFixture<ChainFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private ServiceProvider? _services;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RpcPool Pool => Get<RpcPool>();

    public async ValueTask InitializeAsync()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<GatewayMetrics>();
        services.Configure<ChainOptions>(options =>
        {
            options.ChainId = 43114;
            options.Endpoints.Add(new EndpointOptions
            {
                Url = chain.Chain.Anvil.Url.ToString(),
                WebSocketUrl = chain.Chain.Anvil.WebSocketUrl.ToString(),
            });
        });
        services.AddRpcPool();
        services.AddWorkers();
        services.AddChainHeads();
        _services = services.BuildServiceProvider();
        foreach (var worker in _services.GetServices<IHostedService>())
            await worker.StartAsync(Cancellation);
        await Get<ChainHeads>().WaitForNewerAsync(default, Long, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is null)
            return;
        foreach (var worker in _services.GetServices<IHostedService>())
            await worker.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task A_block_is_told_by_the_socket_as_it_is_mined()
    {
        var heads = Get<ChainHeads>();
        var delays = new List<TimeSpan>();
        for (var i = 0; i < 200; i++)
        {
            var before = await Pool.GetBlockNumberAsync(Cancellation);
            var told = heads.WaitForNewerAsync(before, Long, Cancellation);
            var since = Stopwatch.GetTimestamp();
            await chain.Control.MineAsync(Cancellation);
            Assert.Equal(before.Plus(1), await told);
            delays.Add(Stopwatch.GetElapsedTime(since));
        }

        delays.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(
            // Blocks that come faster than 40 ms after each other wait for the acknowledgement of the one before (Nagle and delayed ACK, the node's side).
            $"asked to mine → told: p50 {delays[100].TotalMilliseconds:0.0} ms, p90 {delays[180].TotalMilliseconds:0.0} ms, p99 {delays[198].TotalMilliseconds:0.0} ms");
    }

    [Fact]
    public async Task What_the_pool_reads_is_what_the_node_says()
    {
        await chain.Control.MineAsync(Cancellation);
        var head = await Pool.GetLatestBlockAsync(Cancellation);

        Assert.Equal(head, await chain.Rpc.GetBlockAsync(head.Block.Number, Cancellation));
        Assert.Equal(head, await Pool.GetBlockAsync(head.Block.Number, Cancellation));
        Assert.Equal(new ChainId(43114), await Pool.GetChainIdAsync(Cancellation));
        Assert.Null(await Pool.GetBlockAsync(head.Block.Number.Plus(1000), Cancellation));
        Assert.Null(await Pool.GetReceiptAsync(Hash32.Parse("0x" + new string('1', 64)), Cancellation));
        Assert.NotEmpty(await Pool.GetCodeAsync(chain.Contracts.Host, head.Block.Number, Cancellation));
        var sent = await Pool.SendRawTransactionAsync(new byte[] { 2, 0xc0 }, Cancellation);
        Assert.True(sent is SendOutcome.Refused or SendOutcome.Unknown);
    }

    [Fact]
    [Regression(36)]
    public async Task Logs_beyond_the_head_are_an_error_and_never_none()
    {
        var head = await Pool.GetBlockNumberAsync(Cancellation);
        var range = LogFilter.OfRange(head, head.Plus(1), []);

        // The node itself answers with an empty list.
        Assert.Empty(await chain.Rpc.GetLogsAsync(LogFilter.OfRange(head, head.Plus(1), [Address.Zero]), Cancellation));
        Assert.Equal(RpcFailure.Behind, (await Assert.ThrowsAsync<RpcFailedException>(() => Pool.GetLogsAsync(range, Cancellation))).Failure);
    }

    [Fact]
    [Regression(39)]
    public async Task After_a_chain_was_set_back_and_grew_again_the_new_blocks_are_told()
    {
        var snapshot = await chain.Control.SnapshotAsync(Cancellation);
        await chain.Control.MineAsync(Cancellation);
        var lost = await Pool.GetLatestBlockAsync(Cancellation);
        await chain.Control.RevertAsync(snapshot, Cancellation);
        await chain.Control.AdvanceAsync(TimeSpan.FromHours(1), Cancellation);
        await chain.Control.MineAsync(Cancellation);
        await chain.Control.MineAsync(Cancellation);

        Assert.True(await Get<ChainHeads>().WaitForNewerAsync(lost.Block.Number, Long, Cancellation) > lost.Block.Number);
        Assert.NotEqual(lost.Block.Hash, (await Pool.GetBlockAsync(lost.Block.Number, Cancellation))?.Block.Hash);
    }

    private T Get<T>()
        where T : notnull => (_services ?? throw new InvalidOperationException("Not initialised yet.")).GetRequiredService<T>();
}
