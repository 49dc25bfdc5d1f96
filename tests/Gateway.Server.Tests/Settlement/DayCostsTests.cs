using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Storage;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Gateway.Testing.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>What a day has cost, read back from the real chain after Redis forgot it.</summary>
public sealed class DayCostsTests(ChainFixture chain, RedisFixture redis) : ProxiedLaneTest(chain, redis)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_operator_paid_today_is_known_again_to_the_last_wei_whether_or_not_nodes_have_old_state(bool haveState)
    {
        await OpenAsync();
        await SettleAsync();
        // Whoever signed it: it is the operator's money.
        await SendByAnotherAsync(nonce: await ConsumedAsync(), tip: Wei.From(50_000_000), feeCap: Wei.FromGwei(5));
        await MineAsync();
        await AnvilAsync("anvil_mine", "0x12c");
        if (!haveState)
            await ForgetAsync();
        await Lane.DatabaseAsync(d => d.HashSetAsync(Lane.Keys.HighWater, "stamp", 0));

        await StepAsync();
        var first = await StandingAsync();
        for (var i = 0; i < 4; i++)
            await StepAsync();
        var second = await StandingAsync();

        Assert.Equal(haveState, first.Assumed == 0);
        Assert.Equal((await PaidAsync(), 0), second);
    }

    /// <summary>As nodes do that keep the state of a few blocks only.</summary>
    private async Task ForgetAsync()
    {
        var oldest = (await Chain.Rpc.GetBlockNumberAsync(Cancellation)).Value - 16;
        foreach (var proxy in Both)
        {
            proxy.Faults.Always(Count, (request, next) => request.Text(1) is { } at && at.StartsWith("0x", StringComparison.Ordinal) && RpcRequest.Number(at) < oldest
                ? NodeFaults.Refuse(-32000, "missing trie node 00 (path ) state 0x00 is not available")(request, next)
                : next(request));
        }
    }

    private async Task<(long Spent, long Assumed)> StandingAsync()
    {
        (long Spent, long Assumed) standing = default;
        await Lane.DatabaseAsync(async d => standing = (
            (long)await d.HashGetAsync(Lane.Keys.Budget, LaneStore.Window(Time.GetUtcNow())), (long?)await d.HashGetAsync(Lane.Keys.HighWater, "assumed") ?? 0));
        return standing;
    }

    private async Task<long> PaidAsync()
    {
        var (paid, head) = (Wei.Zero, await Chain.Rpc.GetBlockNumberAsync(Cancellation));
        for (var block = new BlockNumber(0); block <= head; block = block.Plus(1))
        {
            foreach (var sent in await Chain.Rpc.GetTransactionsFromAsync(Operator, block, Cancellation))
            {
                var receipt = await Chain.Rpc.GetReceiptAsync(sent.Hash, Cancellation);
                paid += receipt!.EffectiveGasPrice * receipt.GasUsed; // It is in a block.
            }
        }

        return paid.ToNanoCeiling();
    }
}
