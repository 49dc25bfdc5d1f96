using System.Net;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Proxy;

/// <summary>What the gateway's client makes of each fault, and that each is what its name says.</summary>
public sealed class RpcFaultTests(ChainFixture chain) : ProxyTest(chain)
{
    private const string Height = "eth_blockNumber";
    private const string Send = "eth_sendRawTransaction";
    private const string Logs = "eth_getLogs";
    private const long Tip = 1_000_000_000;
    private const long Cap = 10_000_000_000;

    [Fact]
    public async Task Faults_are_for_the_next_calls_of_one_method_then_the_node_is_sane_again()
    {
        Proxy.Faults.Next(Height, NodeFaults.BadGateway, times: 2);

        await FailsAsync(RpcFailure.HttpStatus);
        await Rpc.GetChainIdAsync(Cancellation);
        await FailsAsync(RpcFailure.HttpStatus);
        await Rpc.GetBlockNumberAsync(Cancellation);
        Assert.Equal(2, Proxy.Faults.Struck(Height));
    }

    [Fact]
    public async Task One_seed_throws_the_same_dice()
    {
        var second = await StartAsync();
        foreach (var proxy in (RpcProxy[])[Proxy, second])
            proxy.Faults.Sometimes(Height, perMille: 300, NodeFaults.BadGateway);

        var (first, other) = (await AskedAsync(Rpc), await AskedAsync(RpcOf(second)));

        Assert.Equal(first, other);
        Assert.InRange(first.Count(failed => failed), 1, 99);

        static async Task<List<bool>> AskedAsync(EthRpc rpc)
        {
            List<bool> failed = [];
            for (var i = 0; i < 100; i++)
                failed.Add(await Record.ExceptionAsync(() => rpc.GetBlockNumberAsync(Cancellation)) is RpcFailedException);
            return failed;
        }
    }

    [Fact]
    public async Task A_transport_that_breaks_is_told_by_its_kind()
    {
        Proxy.Faults.Next(Height, NodeFaults.Reset);
        await FailsAsync(RpcFailure.Connection);
        Proxy.Faults.Next(Height, NodeFaults.Truncated);
        await FailsAsync(RpcFailure.Malformed);
        Proxy.Faults.Next(Height, NodeFaults.WrongId);
        await FailsAsync(RpcFailure.WrongIds);
        Proxy.Faults.Next(Height, NodeFaults.Doubled);
        await FailsAsync(RpcFailure.WrongIds);
        Proxy.Faults.Next(Height, NodeLies.Null);
        await FailsAsync(RpcFailure.Malformed);
        Proxy.Faults.Next(Height, NodeFaults.TooManyRequests(TimeSpan.FromSeconds(7)));
        Assert.Equal(TimeSpan.FromSeconds(7), (await FailsAsync(RpcFailure.RateLimited)).RetryAfter);
        Proxy.Faults.Next(Height, NodeFaults.BadGateway);
        Assert.Equal(HttpStatusCode.BadGateway, (await FailsAsync(RpcFailure.HttpStatus)).Status);
    }

    [Theory]
    [InlineData(0)] // Not a word.
    [InlineData(1)] // Half an answer, and not a word more.
    public async Task Silence_lasts_until_the_caller_gives_up(int how)
    {
        Proxy.Faults.Next(Height, how == 0 ? NodeFaults.Silence : NodeFaults.SlowLoris);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var asking = Rpc.GetBlockNumberAsync(impatient.Token);
        await Rpc.GetChainIdAsync(Cancellation);
        Assert.False(asking.IsCompleted);

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(Cancellation));
    }

    [Fact]
    public async Task Accepted_and_not_answered_is_mined_and_not_delivered_is_not()
    {
        var sender = await NewSenderAsync();
        Proxy.Faults.Next(Send, NodeFaults.Reset);
        Assert.IsType<SendOutcome.Unknown>(await SendAsync(sender, 0, Tip, Cap));
        Assert.Equal(0UL, await ConsumedAsync(sender));
        Proxy.Faults.Next(Send, NodeFaults.AcceptThenReset);

        Assert.IsType<SendOutcome.Unknown>(await SendAsync(sender, 0, Tip, Cap));

        Assert.Equal(1UL, await ConsumedAsync(sender));
    }

    [Fact]
    public async Task Late_delivery_and_late_answers_come_when_the_test_says()
    {
        var sender = await NewSenderAsync();
        var held = new HeldCalls();
        Proxy.Faults.Next(Send, held.DeliveredLate);
        Proxy.Faults.Next(Send, held.AnsweredLate);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var sending = Rpc.SendRawTransactionAsync((await SignAsync(sender, 0, Tip, Cap)).Raw, impatient.Token);
        await held.ArrivedAsync(Cancellation);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.WaitAsync(Cancellation));
        Assert.Equal(0UL, await ConsumedAsync(sender));

        Assert.IsType<Reply.Result>(Assert.Single(await held.DeliverAsync()));
        Assert.Equal(1UL, await ConsumedAsync(sender));
        var second = SendAsync(sender, 1, Tip, Cap);
        await held.ArrivedAsync(Cancellation);
        Assert.Equal(2UL, await ConsumedAsync(sender));
        Assert.False(second.IsCompleted);
        held.Release();
        Assert.IsType<SendOutcome.Accepted>(await second);
    }

    [Theory]
    [InlineData("already known", NodeError.AlreadyKnown)]
    [InlineData("replacement transaction underpriced", NodeError.ReplacementUnderpriced)]
    [InlineData("nonce too low", NodeError.NonceTooLow)]
    public async Task A_good_transaction_may_be_refused_and_taken_all_the_same(string words, NodeError error)
    {
        var sender = await NewSenderAsync();
        Proxy.Faults.Next(Send, NodeFaults.Refuse(-32000, words));
        Proxy.Faults.Next(Send, NodeFaults.AcceptThenRefuse(-32000, words));
        var first = await SendAsync(sender, 0, Tip, Cap);
        Assert.Equal(0UL, await ConsumedAsync(sender));

        var second = await SendAsync(sender, 0, Tip, Cap);

        Assert.Equal(1UL, await ConsumedAsync(sender));
        Assert.Equal(first, second);
        if (error == NodeError.AlreadyKnown)
            Assert.IsType<SendOutcome.Accepted>(first);
        else
            Assert.Equal(error, Assert.IsType<SendOutcome.Refused>(first).Error);
    }

    [Fact]
    public async Task Heights_and_counts_may_be_off_by_any_number()
    {
        var sender = await NewSenderAsync();
        await SendAsync(sender, 0, Tip, Cap);
        await SendAsync(sender, 1, Tip, Cap);
        Assert.Equal(2UL, await ConsumedAsync(sender));
        var height = await Rpc.GetBlockNumberAsync(Cancellation);
        Proxy.Faults.Next(Height, NodeLies.Off(-3));
        Proxy.Faults.Next("eth_getTransactionCount", NodeLies.Off(-1));
        Proxy.Faults.Next("eth_getTransactionCount", NodeLies.Off(10));

        Assert.Equal(height.Value - 3, (await Rpc.GetBlockNumberAsync(Cancellation)).Value);
        Assert.Equal(1UL, (await Rpc.GetTransactionCountAsync(sender.Address, height, Cancellation)).Value);
        Assert.Equal(12UL, (await Rpc.GetTransactionCountAsync(sender.Address, height, Cancellation)).Value);
    }

    [Fact]
    public async Task Logs_may_be_none_half_null_or_of_another_block()
    {
        await Chain.NewPayerAsync(Cancellation);
        var head = await Rpc.GetBlockNumberAsync(Cancellation);
        var range = LogFilter.OfRange(new BlockNumber(0), head, []);
        var all = await Rpc.GetLogsAsync(range, Cancellation);

        Proxy.Faults.Next(Logs, NodeLies.NoLogs);
        Assert.Empty(await Rpc.GetLogsAsync(range, Cancellation));
        Proxy.Faults.Next(Logs, NodeLies.HalfOfLogs);
        Assert.Equal(all.Count / 2, (await Rpc.GetLogsAsync(range, Cancellation)).Count);
        Proxy.Faults.Next(Logs, NodeLies.LogsOfNoBlock);
        Assert.DoesNotContain((await Rpc.GetLogsAsync(range, Cancellation)).Select(l => l.BlockHash), all.Select(l => l.BlockHash).Contains);
        Proxy.Faults.Next(Logs, NodeLies.LogsOfAnotherHeight);
        Assert.Equal(RpcFailure.Contradictory, (await Assert.ThrowsAsync<RpcFailedException>(() => Rpc.GetLogsAsync(range, Cancellation))).Failure);
    }

    [Fact]
    [Regression(41)]
    public async Task Logs_that_are_null_are_no_answer()
    {
        Proxy.Faults.Next(Logs, NodeLies.Null);

        var range = LogFilter.OfRange(new BlockNumber(0), await Rpc.GetBlockNumberAsync(Cancellation), []);
        Assert.Equal(RpcFailure.Malformed, (await Assert.ThrowsAsync<RpcFailedException>(() => Rpc.GetLogsAsync(range, Cancellation))).Failure);
    }

    [Fact]
    public async Task A_fault_in_a_batch_is_one_of_its_calls_or_all_of_it()
    {
        var head = await Rpc.GetBlockNumberAsync(Cancellation);
        CallRequest[] calls = [.. Enumerable.Repeat(new CallRequest(Chain.Contracts.Host, []), 3)];
        Proxy.Faults.Next("eth_call", NodeFaults.WrongId);
        Assert.Equal(RpcFailure.WrongIds, (await Assert.ThrowsAsync<RpcFailedException>(() => Rpc.CallBatchAsync(calls, head, Cancellation))).Failure);
        Proxy.Faults.Next("eth_call", NodeFaults.BadGateway);

        Assert.Equal(RpcFailure.HttpStatus, (await Assert.ThrowsAsync<RpcFailedException>(() => Rpc.CallBatchAsync(calls, head, Cancellation))).Failure);
    }

    private async Task<RpcFailedException> FailsAsync(RpcFailure failure)
    {
        var error = await Assert.ThrowsAsync<RpcFailedException>(() => Rpc.GetBlockNumberAsync(Cancellation));
        Assert.Equal(failure, error.Failure);
        return error;
    }
}
