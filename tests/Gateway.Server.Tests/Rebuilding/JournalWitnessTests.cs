using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Rebuilding;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Rebuilding;

/// <summary>Whose word on the journal is taken: nodes that lost logs, or never had them, answer [] and no error.</summary>
public sealed class JournalWitnessTests(SteppedWorld stepped) : RebuildTest(stepped), IAsyncLifetime
{
    private const string Logs = "eth_getLogs";
    private const string Block = "eth_getBlockByNumber";

    private readonly ShiftedTime _time = new();
    private readonly RebuildProgress _progress = new(from: null);

    private RpcProxy _first = null!; // Set before the test runs.
    private RpcProxy _second = null!; // Set before the test runs.

    public async ValueTask InitializeAsync() => (_first, _second) = (await NewProxyAsync(), await NewProxyAsync());

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task A_range_that_only_an_endpoint_without_the_first_block_tells_of_is_not_believed()
    {
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_first, _second]));
        var middle = await OpenAroundAsync(gateway, "synced");
        await EmptyAsync();
        FailAfter(_first, middle);
        _second.Faults.Always(Logs, NodeLies.NoLogs);
        _second.Faults.Always(Block, WithoutFirst);

        await Assert.ThrowsAnyAsync<ChainException>(() => RunAsync(gateway));
        _first.Faults.Clear();
        var alone = await Assert.ThrowsAsync<RpcFailedException>(() => RunAsync(gateway));
        _second.Faults.Clear();
        var outcome = await RunAsync(gateway);

        Assert.Contains("block 1 is missing at proxy-1", alone.Message, StringComparison.Ordinal);
        Assert.Equal(["synced-early", "synced-late"], LeasesOf(outcome, "synced"));
    }

    [Fact]
    public async Task A_range_that_one_witness_has_missed_is_asked_again_and_nothing_before_it()
    {
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_first, _second]));
        var middle = await OpenAroundAsync(gateway, "missed");
        await EmptyAsync();
        FailAfter(_first, middle);
        _second.Faults.Always(Logs, async (request, next) =>
            FromOf(request) > middle.Value ? new Reply.Result(new JsonArray()) : await next(request));

        await Assert.ThrowsAnyAsync<ChainException>(() => RunAsync(gateway));
        var (reached, asked) = (_progress.Scan!.Next, new ConcurrentBag<ulong>());
        _first.Faults.Always(Logs, (request, next) =>
        {
            asked.Add(FromOf(request));
            return next(request);
        });
        var outcome = await RunAsync(gateway);

        Assert.InRange(reached.Value, 1000UL, middle.Value + 1000);
        Assert.All(asked, from => Assert.True(from >= reached.Value, $"block {from} was asked for again"));
        Assert.Equal(["missed-early", "missed-late"], LeasesOf(outcome, "missed"));
    }

    [Fact]
    public async Task A_range_that_is_too_large_for_one_of_them_is_made_smaller_until_it_answers_too()
    {
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_first, _second]));
        await OpenAroundAsync(gateway, "large");
        await EmptyAsync();
        _first.Faults.Always(Logs, NodeLies.NoLogs);
        _second.Faults.Always(Logs, (request, next) =>
            ToOf(request) - FromOf(request) >= 200 ? NodeFaults.Refuse(-32000, "exceed maximum block range: 200")(request, next) : next(request));

        var outcome = await RunAsync(gateway);

        Assert.Equal(["large-early", "large-late"], LeasesOf(outcome, "large"));
    }

    [Fact]
    public async Task An_only_endpoint_without_the_first_block_is_not_believed_where_the_operator_has_a_past()
    {
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_first]));
        await OpenAroundAsync(gateway, "only");
        await EmptyAsync();
        _first.Faults.Always(Logs, NodeLies.NoLogs);
        _first.Faults.Always(Block, WithoutFirst);

        for (var i = 0; i < 3; i++)
        {
            var unread = await Assert.ThrowsAsync<RpcFailedException>(() => RunAsync(gateway));
            Assert.Contains("block 1 is missing at proxy-0", unread.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>It will never answer.</summary>
    [Fact]
    public async Task An_endpoint_on_another_chain_is_not_waited_for()
    {
        _second.Faults.Always("eth_chainId", NodeLies.Telling(_ => "0xa869"));
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_first, _second]));
        await EmptyAsync();
        _first.Faults.Always(Logs, NodeLies.NoLogs);

        await RunAsync(gateway);
        var once = _progress.Believes();
        await RunAsync(gateway);

        Assert.Equal((false, true), (once, _progress.Believes()));
    }

    /// <returns>A block between two operations of ours, far from either.</returns>
    private async Task<BlockNumber> OpenAroundAsync(SteppedGateway gateway, string name)
    {
        await OpenAsync(gateway, name + "-early", 1_000_000_000);
        var rpc = Stepped.World.Chain.Anvil.Rpc;
        var before = await rpc.GetBlockNumberAsync(Cancellation);
        await Stepped.World.Chain.Anvil.Transport.SendAsync(new RpcCall("anvil_mine", new JsonArray("0xbb8")), Cancellation);
        await OpenAsync(gateway, name + "-late", 2_000_000_000, Stepped.NextPayer());
        return before.Plus(1500);
    }

    private Task<RebuildOutcome> RunAsync(SteppedGateway gateway) => RunAsync(gateway, _progress);

    private Task<RpcProxy> NewProxyAsync() => RpcProxy.StartAsync(
        Stepped.World.Chain.Anvil.Url, Stepped.World.Chain.Anvil.WebSocketUrl, new ProxyOptions { Time = _time });

    private static IEnumerable<string> LeasesOf(RebuildOutcome outcome, string name) =>
        outcome.Leases.Select(l => l.Lease.Id.Value).Where(id => id.StartsWith(name, StringComparison.Ordinal)).Order();

    private static void FailAfter(RpcProxy proxy, BlockNumber block) => proxy.Faults.Always(
        Logs, (request, next) => FromOf(request) <= block.Value ? next(request) : NodeFaults.Refuse(-32000, "no logs today")(request, next));

    private static Task<Reply> WithoutFirst(RpcRequest request, RpcHandler next) =>
        request.Text(0) == "0x1" ? Task.FromResult<Reply>(new Reply.Result(null)) : next(request);

    private static ulong FromOf(RpcRequest request) => RpcRequest.Number((string)request.Parameters[0]!["fromBlock"]!);

    private static ulong ToOf(RpcRequest request) => RpcRequest.Number((string)request.Parameters[0]!["toBlock"]!);
}
