using System.Text.Json.Nodes;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Testing.Chains;
using Xunit;

namespace Gateway.Server.Tests.Proxy;

/// <summary>How much of the chain a node shows: tags, ranges, nodes that lag, and blocks that are accepted and not executed yet.</summary>
public sealed class ChainViewTests(ChainFixture chain) : ProxyTest(chain)
{
    [Fact]
    public async Task Pending_is_latest_and_never_simulates_the_pool()
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var sender = await NewSenderAsync();
        await SendAsync(sender, 0, 1_000_000_000, 10_000_000_000);
        var head = await Rpc.GetLatestBlockAsync(Cancellation);

        var pending = await TransportOf(Proxy).SendAsync(new RpcCall("eth_getBlockByNumber", ["pending", false]), Cancellation);

        Assert.Equal(head.Block.Hash.ToString(), pending.GetProperty("hash").GetString());
    }

    [Theory]
    [InlineData("txpool_content")]
    [InlineData("txpool_status")]
    public async Task The_pool_cannot_be_looked_into(string method)
    {
        var error = await Assert.ThrowsAsync<RpcRefusedException>(() => AskAsync(method));

        Assert.Equal(NodeError.MethodNotFound, error.Error);
        Assert.Contains($"the method {method} does not exist/is not available", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_beyond_the_head_are_an_error()
    {
        var head = await Rpc.GetBlockNumberAsync(Cancellation);

        var to = await Assert.ThrowsAsync<RpcRefusedException>(() => Rpc.GetLogsAsync(LogFilter.OfRange(head, head.Plus(1), []), Cancellation));
        var from = await Assert.ThrowsAsync<RpcRefusedException>(() => Rpc.GetLogsAsync(LogFilter.OfRange(head.Plus(1), head.Plus(1), []), Cancellation));

        Assert.Equal((NodeError.BlockUnavailable, NodeError.BlockUnavailable), (to.Error, from.Error));
        Assert.Contains($"requested to block {head.Plus(1)} after last accepted block {head}", to.Message, StringComparison.Ordinal);
        Assert.Contains($"requested from block {head.Plus(1)} after last accepted block {head}", from.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_proxies_over_one_chain_may_disagree_about_all_of_it()
    {
        var late = await StartAsync();
        var lateRpc = RpcOf(late);
        var payer = await Chain.NewPayerAsync(Cancellation);
        var number = await Rpc.GetBlockNumberAsync(Cancellation);
        late.View.Behind = 1;

        Assert.Equal(number.Value - 1, (await lateRpc.GetBlockNumberAsync(Cancellation)).Value);
        Assert.Equal(number.Value - 1, (await lateRpc.GetLatestBlockAsync(Cancellation)).Block.Number.Value);
        Assert.Null(await lateRpc.GetBlockAsync(number, Cancellation));
        Assert.NotNull(await Rpc.GetBlockAsync(number, Cancellation));
        var unfinalized = await Assert.ThrowsAsync<RpcRefusedException>(() => lateRpc.GetBalanceAsync(payer.Address, number, Cancellation));
        Assert.Contains("cannot query unfinalized data", unfinalized.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RpcRefusedException>(() => lateRpc.GetLogsAsync(LogFilter.OfRange(number, number, []), Cancellation));
    }

    [Fact]
    public async Task A_node_that_lags_has_no_receipt_that_others_have()
    {
        var late = await StartAsync();
        var sender = await NewSenderAsync();
        late.View.Freeze((await Rpc.GetBlockNumberAsync(Cancellation)).Value);
        var signed = await SignAsync(sender, 0, 1_000_000_000, 10_000_000_000);
        await Rpc.SendRawTransactionAsync(signed.Raw, Cancellation);
        Assert.Equal(1UL, await ConsumedAsync(sender));

        Assert.NotNull(await Rpc.GetReceiptAsync(signed.Hash, Cancellation));
        Assert.Null(await RpcOf(late).GetReceiptAsync(signed.Hash, Cancellation));
        late.View.Freeze(at: null);
        Assert.NotNull(await RpcOf(late).GetReceiptAsync(signed.Hash, Cancellation));
    }

    [Fact]
    public async Task Accepted_and_not_executed_has_a_receipt_before_latest_moves_no_logs_and_no_state_until_it_is_executed()
    {
        var executed = await Rpc.GetBlockNumberAsync(Cancellation);
        Proxy.View.ExecuteThrough(executed.Value);
        // With a transfer of a token, which is a log.
        await Chain.NewPayerAsync(Cancellation);
        var accepted = await Chain.Rpc.GetBlockNumberAsync(Cancellation);
        var receipt = await ReceiptOfAsync(accepted);

        Assert.Equal(executed, await Rpc.GetBlockNumberAsync(Cancellation));
        Assert.Equal(receipt, (await Rpc.GetReceiptAsync(receipt, Cancellation))?.Hash);
        Assert.Empty(await Rpc.GetLogsAsync(LogFilter.OfRange(executed.Plus(1), accepted, []), Cancellation));
        Assert.Empty(await Rpc.GetLogsAsync(LogFilter.OfBlock((await Rpc.GetBlockAsync(accepted, Cancellation))!.Block, []), Cancellation));
        await Assert.ThrowsAsync<RpcRefusedException>(() => Rpc.GetLogsAsync(LogFilter.OfRange(accepted, accepted.Plus(1), []), Cancellation));
        var waiting = Rpc.GetBalanceAsync(Chain.Chain.Accounts.Governor.Address, accepted, Cancellation);
        var other = await Rpc.GetBalanceAsync(Chain.Chain.Accounts.Governor.Address, executed, Cancellation);
        Assert.False(waiting.IsCompleted);

        Proxy.View.ExecuteThrough(accepted.Value);

        Assert.NotEqual(other, await waiting);
        Assert.Equal(accepted, await Rpc.GetBlockNumberAsync(Cancellation));
        Assert.NotEmpty(await Rpc.GetLogsAsync(LogFilter.OfRange(executed.Plus(1), accepted, []), Cancellation));
    }

    [Fact]
    public async Task Finalized_is_behind_latest_and_the_bloom_of_a_block_is_not_that_of_its_logs()
    {
        await Chain.NewPayerAsync(Cancellation);
        var head = await Chain.Rpc.GetBlockNumberAsync(Cancellation);
        var bloom = (await BlockAsync("latest")).GetProperty("logsBloom").GetString()!;
        Assert.Contains(bloom, c => c is not ('0' or 'x'));
        Proxy.View.ExecuteThrough(head.Value);

        var finalized = await BlockAsync("finalized");

        Assert.Equal("0x" + (head.Value - 5).ToString("x", System.Globalization.CultureInfo.InvariantCulture), finalized.GetProperty("number").GetString());
        Assert.DoesNotContain((await BlockAsync("latest")).GetProperty("logsBloom").GetString()!, c => c is not ('0' or 'x'));
    }

    private Task<System.Text.Json.JsonElement> BlockAsync(JsonNode tag) => TransportOf(Proxy).SendAsync(new RpcCall("eth_getBlockByNumber", [tag, false]), Cancellation);

    private async Task<Hash32> ReceiptOfAsync(BlockNumber block)
    {
        var json = await Chain.Chain.Anvil.Transport.SendAsync(new RpcCall("eth_getBlockByNumber", ["0x" + block.Value.ToString("x", System.Globalization.CultureInfo.InvariantCulture), false]), Cancellation);
        return Hash32.Parse(json.GetProperty("transactions")[0].GetString()!);
    }
}
