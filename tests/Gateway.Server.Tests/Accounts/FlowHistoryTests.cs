using System.Collections.Immutable;
using System.Reflection;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Tests.Hosting;
using Xunit;

namespace Gateway.Server.Tests.Accounts;

/// <summary>What flowed in the past, from nodes that keep less of it than a developer's. This class makes many blocks.</summary>
public sealed class FlowHistoryTests(SteppedWorld stepped) : CustomerTest(stepped), IClassFixture<SteppedWorld>
{
    private static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(1_000_003);

    private delegate Exception? Refusal(string method, object?[] arguments);

    [Fact]
    public async Task Where_a_node_has_dropped_old_state_the_logs_tell_the_same()
    {
        await using var gateway = await NewGatewayAsync();
        var (account, from, head) = await FlowAsync();

        var kept = await ReadAsync(gateway, static (_, _) => null, account, from, head);
        var dropped = await ReadAsync(
            gateway,
            static (method, _) => method == nameof(IEthRpc.CallBatchAsync) ? Refused(method, "missing trie node 0x12 (path ) state is not available") : null,
            account,
            from,
            head);

        Assert.Equal(2, kept.Length);
        Assert.Equal(kept, dropped);
    }

    [Fact]
    public async Task A_node_that_gives_few_blocks_at_a_time_is_asked_more_often()
    {
        await using var gateway = await NewGatewayAsync();
        var (account, from, _) = await FlowAsync();
        for (var i = 0; i < 400; i++)
            await Chain.Anvil.Control.MineAsync(Cancellation);
        var head = (await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        var (asked, widest) = (0, 0UL);

        var periods = await ReadAsync(gateway, Narrow, account, from, head);

        Assert.Equal(await ReadAsync(gateway, static (_, _) => null, account, from, head), periods);
        Assert.InRange(widest, 1UL, 300UL);
        Assert.True(asked > 1);

        Exception? Narrow(string method, object?[] arguments)
        {
            if (arguments[0] is not LogFilter { From: { } first, To: { } last })
                return null;
            if (last.Value - first.Value >= 300)
                return Refused(method, "eth_getLogs: block range too large, maximum is 300");
            (asked, widest) = (asked + 1, Math.Max(widest, last.Value - first.Value + 1));
            return null;
        }
    }

    /// <summary>A flow that stands when the period begins, and is raised in it.</summary>
    private async Task<(AccountKey Account, BlockTime From, BlockRef Head)> FlowAsync()
    {
        var payer = await NewPayerAsync();
        var (aleph, node) = (Chain.Tokens.Aleph, Chain.Accounts.Payees[0].Address);
        var opened = await CallCfaAsync(payer, FlowCalls.Create(aleph, node, Rate));
        await NextAtAsync(opened.Block.Time.PlusSeconds(100));
        await CallCfaAsync(payer, FlowCalls.Update(aleph, node, Rate + Rate));
        await NextAtAsync(opened.Block.Time.PlusSeconds(200));
        await Chain.Anvil.Control.MineAsync(Cancellation);
        return (new AccountKey(aleph, payer.Address), opened.Block.Time.PlusSeconds(50), (await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block);
    }

    private Task NextAtAsync(BlockTime time) => Chain.Anvil.Control.SetNextBlockTimeAsync(time, Cancellation);

    private Task<ImmutableArray<FlowPeriod>> ReadAsync(SteppedGateway gateway, Refusal refuses, AccountKey account, BlockTime from, BlockRef head)
    {
        var node = DispatchProxy.Create<IEthRpc, ReluctantNode>();
        ((ReluctantNode)(object)node).Become(Chain.Anvil.Rpc, (method, arguments) => refuses(method, arguments));
        var directory = gateway.Get<ChainDirectory>();
        var history = new FlowHistory(node, directory, new FlowLogs(node, directory), new BlockClock(node));
        return history.ReadAsync(account, [Chain.Accounts.Payees[0].Address], from, head.Time, head, Cancellation);
    }

    private static RpcRefusedException Refused(string method, string words) => new(new RpcOrigin("node", method), -32000, words);

    /// <summary>A node as it is, but for what it refuses. Derived from at run time.</summary>
    public class ReluctantNode : DispatchProxy
    {
        private IEthRpc? _rpc;
        private Func<string, object?[], Exception?>? _refuses;

        public void Become(IEthRpc rpc, Func<string, object?[], Exception?> refuses) => (_rpc, _refuses) = (rpc, refuses);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            // An interface's method, with arguments, of a node that became one.
            if (_refuses!(targetMethod!.Name, args!) is not { } refusal)
                return targetMethod.Invoke(_rpc, args);
            var failed = typeof(Task).GetMethods().Single(m => m is { Name: nameof(Task.FromException), IsGenericMethod: true });
            return failed.MakeGenericMethod(targetMethod.ReturnType.GetGenericArguments()).Invoke(obj: null, [refusal]);
        }
    }
}
