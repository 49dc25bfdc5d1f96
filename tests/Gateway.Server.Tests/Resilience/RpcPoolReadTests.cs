using System.Text.Json.Nodes;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Resilience;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

public sealed class RpcPoolReadTests : PoolTest
{
    [Fact]
    public async Task Reads_go_to_the_endpoint_that_is_configured_first()
    {
        Assert.Equal(1UL, await BalanceAsync());
        Assert.Equal(0, Second.Asked("eth_getBalance"));
    }

    [Theory]
    [InlineData(502, "<html>502 Bad Gateway</html>")]
    [InlineData(200, "<html>hello</html>")]
    [InlineData(200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"resu")]
    [InlineData(429, "slow down")]
    [InlineData(401, "who are you")]
    public async Task An_endpoint_without_a_usable_answer_is_passed_over(int status, string body)
    {
        First.FailWith(status, body);

        Assert.Equal(2UL, await BalanceAsync());
    }

    [Fact]
    public async Task An_endpoint_that_cuts_the_connection_is_passed_over()
    {
        First.FailWith(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });

        Assert.Equal(2UL, await BalanceAsync());
    }

    [Fact]
    public async Task An_endpoint_that_is_down_is_passed_over()
    {
        await First.DisposeAsync();

        Assert.Equal(2UL, await BalanceAsync());
    }

    [Fact]
    public async Task An_endpoint_that_does_not_answer_in_time_is_passed_over_without_a_second_try()
    {
        var arrived = First.HangOn("eth_getBalance");
        var read = BalanceAsync();
        await arrived;

        Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(2UL, await read);
        Assert.Equal(1, First.Asked("eth_getBalance"));
    }

    [Fact]
    public async Task An_endpoint_that_takes_long_is_not_waited_for_alone()
    {
        var arrived = First.HangOn("eth_getBalance");
        var read = BalanceAsync();
        await arrived;
        await Time.PassAsync(RpcPool.Patience);

        Assert.Equal(2UL, await read);
    }

    [Fact]
    public async Task A_read_that_failed_at_once_is_tried_once_more_at_the_same_endpoint()
    {
        var tries = 0;
        First.FailWith(
            context =>
            {
                if (Interlocked.Increment(ref tries) > 1)
                    First.Recover();
                context.Abort();
                return Task.CompletedTask;
            },
            "eth_getBalance");

        // The first try is cut off, the second too; so the pool goes on, and comes back to a healthy endpoint.
        Assert.Equal(2UL, await BalanceAsync());
        Assert.Equal(2, First.Asked("eth_getBalance"));
        Assert.Equal(1UL, await BalanceAsync());
    }

    [Fact]
    public async Task A_revert_is_the_chains_answer_and_nobody_else_is_asked()
    {
        First.Refuse("eth_call", 3, "execution reverted");

        await Assert.ThrowsAsync<ExecutionRevertedException>(() => Pool.CallAsync(new CallRequest(Account, []), new BlockNumber(100), Cancellation));
        Assert.Equal((1, 0), (First.Asked("eth_call"), Second.Asked("eth_call")));
    }

    [Fact]
    public async Task A_refusal_of_what_we_asked_is_not_asked_elsewhere()
    {
        First.Refuse("eth_getBalance", -32602, "invalid params");

        var refused = await Assert.ThrowsAsync<RpcRefusedException>(() => BalanceAsync());
        Assert.Equal(NodeError.InvalidRequest, refused.Error);
        Assert.Equal(0, Second.Asked("eth_getBalance"));
    }

    [Fact]
    public async Task A_block_that_the_first_endpoint_has_not_got_yet_is_read_from_the_second()
    {
        Second.Head = 103;

        Assert.Equal(103UL, (await Pool.GetBlockAsync(new BlockNumber(103), Cancellation))?.Block.Number.Value);
        Assert.Null(await Pool.GetBlockAsync(new BlockNumber(104), Cancellation));
    }

    [Fact]
    public async Task An_endpoint_that_is_known_to_be_behind_a_block_is_not_asked_first_for_it()
    {
        Second.Head = 103;
        await Pool.GetBlockNumberAsync(Cancellation);

        Assert.Equal(2UL, await BalanceAsync(at: 103));
        Assert.Equal(1UL, await BalanceAsync(at: 100));
    }

    [Fact]
    public async Task An_endpoint_more_than_five_blocks_behind_is_passed_over()
    {
        Second.Head = 106;
        await Pool.GetBlockNumberAsync(Cancellation);
        Assert.Equal(2UL, await BalanceAsync(at: 100));

        First.Head = 101;
        await Pool.GetBlockNumberAsync(Cancellation);
        Assert.Equal(1UL, await BalanceAsync(at: 100));
    }

    [Fact]
    [Regression(33)]
    public async Task Logs_are_never_asked_of_an_endpoint_that_is_before_the_end_of_the_range()
    {
        Second.Head = 103;
        var range = LogFilter.OfRange(new BlockNumber(100), new BlockNumber(103), []);

        Assert.Empty(await Pool.GetLogsAsync(range, Cancellation));
        Assert.Equal((0, 1), (First.Asked("eth_getLogs"), Second.Asked("eth_getLogs")));

        var beyond = LogFilter.OfRange(new BlockNumber(100), new BlockNumber(104), []);
        var failed = await Assert.ThrowsAsync<RpcFailedException>(() => Pool.GetLogsAsync(beyond, Cancellation));
        Assert.Equal(RpcFailure.Behind, failed.Failure);
        Assert.Equal((0, 1), (First.Asked("eth_getLogs"), Second.Asked("eth_getLogs")));
    }

    /// <summary>One that has lost its logs has no error to tell.</summary>
    [Fact]
    public async Task Logs_of_all_endpoints_are_what_any_of_them_has_in_the_order_of_the_chain()
    {
        First.Answer("eth_getLogs", _ => new JsonArray(Log(block: 99, index: 4), Log(block: 98, index: 7)));
        Second.Answer("eth_getLogs", _ => new JsonArray(Log(block: 98, index: 7), Log(block: 98, index: 2)));
        var range = LogFilter.OfRange(new BlockNumber(90), new BlockNumber(100), []);

        var both = await Pool.GetLogsOfAllAsync(range, Cancellation);
        Second.FailWith(502, "<html>");
        var one = await Pool.GetLogsOfAllAsync(range, Cancellation);

        Assert.Equal([(98UL, 2U), (98UL, 7U), (99UL, 4U)], both.Logs.Select(l => (l.Block.Value, l.Index)));
        Assert.Equal((2, true), (both.Answers, both.IsDisputed));
        Assert.Equal((2, 1, false), (one.Logs.Count, one.Answers, one.IsDisputed));
    }

    internal static JsonObject Log(ulong block, uint index) => new()
    {
        ["address"] = "0x00000000000000000000000000000000000000a1",
        ["topics"] = new JsonArray(),
        ["data"] = "0x",
        ["blockNumber"] = $"0x{block:x}",
        ["blockHash"] = "0x" + new string('b', 64),
        ["transactionHash"] = "0x" + new string('c', 64),
        ["logIndex"] = $"0x{index:x}",
        ["removed"] = false,
    };

    [Fact]
    public async Task Where_nobody_answers_the_failure_tells_what_happened_and_no_key()
    {
        First.FailWith(502, "<html>");
        Second.FailWith(502, "<html>");

        var failed = await Assert.ThrowsAsync<RpcFailedException>(() => BalanceAsync());
        Assert.Equal(RpcFailure.HttpStatus, failed.Failure);
        Assert.DoesNotContain("secret", failed.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_endpoint_tells_a_count_at_its_own_head()
    {
        Second.Head = 103;
        First.Answer("eth_getTransactionCount", p => (string?)p[1] == "0x64" ? "0x7" : null);
        Second.Answer("eth_getTransactionCount", p => (string?)p[1] == "0x67" ? "0x9" : null);
        var counts = await Pool.GetTransactionCountPerEndpointAsync(Account, Cancellation);
        Assert.Equal([new EndpointCount("first", new(100), new(7)), new EndpointCount("second", new(103), new(9))], counts);

        First.FailWith(502, "<html>");
        Assert.Equal("second", Assert.Single(await Pool.GetTransactionCountPerEndpointAsync(Account, Cancellation)).Endpoint);

        Second.FailWith(502, "<html>");
        await Assert.ThrowsAsync<RpcFailedException>(() => Pool.GetTransactionCountPerEndpointAsync(Account, Cancellation));
    }
}
