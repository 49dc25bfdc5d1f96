using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Server.Resilience;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

public sealed class RpcPoolSendTests : PoolTest
{
    [Fact]
    public async Task A_broadcast_goes_to_every_endpoint()
    {
        Assert.IsType<SendOutcome.Accepted>(await SendAsync());
        Assert.IsType<SendOutcome.Accepted>(await SendAsync());
        Assert.InRange(First.Asked("eth_sendRawTransaction") + Second.Asked("eth_sendRawTransaction"), 2, 4);
    }

    [Fact]
    public async Task A_broadcast_is_never_repeated_by_a_pipeline()
    {
        First.FailWith(502, "<html>", method: "eth_sendRawTransaction");
        Second.FailWith(200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"resu", method: "eth_sendRawTransaction");

        Assert.IsType<SendOutcome.Unknown>(await SendAsync());
        Assert.Equal((1, 1), (First.Asked("eth_sendRawTransaction"), Second.Asked("eth_sendRawTransaction")));
    }

    [Fact]
    public async Task One_that_accepts_is_enough_while_another_does_not_answer()
    {
        _ = First.HangOn("eth_sendRawTransaction");

        Assert.IsType<SendOutcome.Accepted>(await SendAsync());
    }

    [Fact]
    public async Task Silence_leaves_a_broadcast_unknown()
    {
        var first = First.HangOn("eth_sendRawTransaction");
        Second.Refuse("eth_sendRawTransaction", -32000, "nonce too low");
        var sent = SendAsync();
        await first;

        Time.Advance(TimeSpan.FromSeconds(5));

        var unknown = Assert.IsType<SendOutcome.Unknown>(await sent);
        Assert.Contains("first", unknown.Why, StringComparison.Ordinal);
        Assert.Equal(RpcFailure.Timeout, Assert.IsType<RpcFailedException>(unknown.Cause).Failure);
    }

    [Fact]
    public async Task Refused_by_all_is_refused_with_the_words_that_tell_most()
    {
        First.Refuse("eth_sendRawTransaction", -32000, "txpool is full");
        Second.Refuse("eth_sendRawTransaction", -32000, "nonce too low");

        Assert.Equal(NodeError.NonceTooLow, Assert.IsType<SendOutcome.Refused>(await SendAsync()).Error);
    }

    [Fact]
    public async Task An_endpoint_on_another_chain_gets_nothing_and_has_no_say()
    {
        First.ChainId = 1;
        Second.Refuse("eth_sendRawTransaction", -32000, "nonce too low");

        Assert.IsType<SendOutcome.Refused>(await SendAsync());
        Assert.Equal(0, First.Asked("eth_sendRawTransaction"));
    }

    [Theory]
    [InlineData("AA", "Accepted")]
    [InlineData("AR", "Accepted")]
    [InlineData("RA", "Accepted")]
    [InlineData("UA", "Accepted")]
    [InlineData("AU", "Accepted")]
    [InlineData("RR", "Refused")]
    [InlineData("RU", "Unknown")]
    [InlineData("UR", "Unknown")]
    [InlineData("UU", "Unknown")]
    [InlineData("R", "Refused")]
    [InlineData("", "Unknown")]
    public void Outcomes_of_several_endpoints_become_one(string each, string expected)
    {
        var outcomes = each.Select((c, i) => ($"e{i}", c switch
        {
            'A' => new SendOutcome.Accepted(),
            'R' => (SendOutcome)new SendOutcome.Refused(NodeError.NonceTooLow, "nonce too low"),
            _ => new SendOutcome.Unknown("no answer"),
        })).ToList();

        Assert.Equal(expected, BroadcastMerge.Merge(outcomes).GetType().Name);
    }
}
