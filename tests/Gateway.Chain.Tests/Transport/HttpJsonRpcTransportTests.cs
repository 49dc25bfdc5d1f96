using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Xunit;

namespace Gateway.Chain.Tests.Transport;

public sealed class HttpJsonRpcTransportTests : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler());

    public void Dispose() => _http.Dispose();

    [Theory]
    [InlineData("<html>502 Bad Gateway</html>", 502, RpcFailure.HttpStatus)]
    [InlineData("<html>hello</html>", 200, RpcFailure.Malformed)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":$id,\"resu", 200, RpcFailure.Malformed)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":\"0x1\"}", 200, RpcFailure.WrongIds)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"$id\",\"result\":\"0x1\"}", 200, RpcFailure.WrongIds)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":$id}", 200, RpcFailure.Malformed)]
    [InlineData("[]", 200, RpcFailure.WrongIds)]
    [InlineData("7", 200, RpcFailure.Malformed)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":\"43114\"}", 200, RpcFailure.Malformed)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":null}", 200, RpcFailure.Malformed)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":\"0x\"}", 200, RpcFailure.Malformed)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":\"\\ud800\"}", 200, RpcFailure.Malformed)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":1,\"message\":\"\\ud800\"}}", 200, RpcFailure.Malformed)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":$id,\"\\ud800lt\":\"0x1\"}", 200, RpcFailure.Malformed)]
    public async Task An_answer_that_is_none_is_a_failed_read_and_never_a_zero(string body, int status, RpcFailure expected)
    {
        await using var node = await BrokenNode.SayingAsync(body, status);
        var failed = await Assert.ThrowsAsync<RpcFailedException>(() => RpcTo(node).GetChainIdAsync(TestContext.Current.CancellationToken));

        Assert.Equal(expected, failed.Failure);
        Assert.DoesNotContain("secret-key", failed.ToString(), StringComparison.Ordinal);
        Assert.IsType<SendOutcome.Unknown>(await RpcTo(node).SendRawTransactionAsync(new byte[] { 2 }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Too_many_requests_say_how_long_to_stay_away()
    {
        await using var node = await BrokenNode.SayingAsync("slow down", 429, retryAfter: "7");
        var failed = await Assert.ThrowsAsync<RpcFailedException>(() => RpcTo(node).GetChainIdAsync(TestContext.Current.CancellationToken));

        Assert.Equal((RpcFailure.RateLimited, TimeSpan.FromSeconds(7)), (failed.Failure, failed.RetryAfter));
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_off()
    {
        await using var node = await BrokenNode.StartAsync(async context =>
        {
            var block = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
        });
        var rpc = new EthRpc(new HttpJsonRpcTransport(_http, node.Url, new JsonRpcOptions(MaxResponseBytes: 1024 * 1024)));
        var failed = await Assert.ThrowsAsync<RpcFailedException>(() => rpc.GetChainIdAsync(TestContext.Current.CancellationToken));

        Assert.Equal(RpcFailure.TooLarge, failed.Failure);
    }

    [Fact]
    public async Task A_connection_cut_in_the_middle_leaves_a_broadcast_unknown()
    {
        await using var node = await BrokenNode.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });

        Assert.IsType<SendOutcome.Unknown>(await RpcTo(node).SendRawTransactionAsync(new byte[] { 2 }, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("already known", null)]
    [InlineData("transaction already imported", null)]
    [InlineData("replacement transaction underpriced", NodeError.ReplacementUnderpriced)]
    [InlineData("nonce too low", NodeError.NonceTooLow)]
    [InlineData("insufficient funds for gas * price + value", NodeError.InsufficientFunds)]
    public async Task A_node_that_refuses_a_broadcast_is_understood(string message, NodeError? refused)
    {
        await using var node = await BrokenNode.SayingAsync(
            """{"jsonrpc":"2.0","id":$id,"error":{"code":-32000,"message":"MESSAGE"}}""".Replace("MESSAGE", message, StringComparison.Ordinal));
        var outcome = await RpcTo(node).SendRawTransactionAsync(new byte[] { 2 }, TestContext.Current.CancellationToken);

        Assert.Equal(refused, (outcome as SendOutcome.Refused)?.Error);
        Assert.Equal(refused is null, outcome is SendOutcome.Accepted);
    }

    [Fact]
    public async Task A_revert_carries_its_data()
    {
        await using var node = await BrokenNode.SayingAsync(
            """{"jsonrpc":"2.0","id":$id,"error":{"code":3,"message":"execution reverted","data":"0xea76c9b3"}}""");
        var call = new CallRequest(Address.Zero, []);
        var reverted = await Assert.ThrowsAsync<ExecutionRevertedException>(() =>
            RpcTo(node).CallAsync(call, new BlockNumber(1), TestContext.Current.CancellationToken));

        Assert.Equal([0xea, 0x76, 0xc9, 0xb3], reverted.RevertData);
        Assert.False(reverted.IsRetryable);
    }

    [Theory]
    [InlineData("""[{"jsonrpc":"2.0","id":$id+1,"result":"0x02"},{"jsonrpc":"2.0","id":$id,"result":"0x01"}]""", null)]
    [InlineData("""[{"jsonrpc":"2.0","id":$id,"result":"0x01"}]""", RpcFailure.WrongIds)]
    [InlineData("""[{"jsonrpc":"2.0","id":$id,"result":"0x01"},{"jsonrpc":"2.0","id":$id,"result":"0x01"}]""", RpcFailure.WrongIds)]
    public async Task A_batch_is_matched_by_id_and_answered_whole_or_not_at_all(string body, RpcFailure? expected)
    {
        await using var node = await BrokenNode.SayingAsync(body);
        CallRequest[] calls = [new(Address.Zero, []), new(Address.Zero, [])];
        Task<IReadOnlyList<byte[]>> AskAsync() => RpcTo(node).CallBatchAsync(calls, new BlockNumber(1), TestContext.Current.CancellationToken);

        if (expected is null)
            Assert.Equal([[1], [2]], await AskAsync());
        else
            Assert.Equal(expected, (await Assert.ThrowsAsync<RpcFailedException>(AskAsync)).Failure);
    }

    [Theory]
    [InlineData("0xffffffffffffffff")]
    [InlineData("0x20000000000000")]
    public async Task A_height_that_no_chain_has_is_not_believed(string height)
    {
        await using var node = await BrokenNode.SayingAsync("""{"jsonrpc":"2.0","id":$id,"result":"HEIGHT"}""".Replace("HEIGHT", height, StringComparison.Ordinal));
        var failed = await Assert.ThrowsAsync<RpcFailedException>(() => RpcTo(node).GetBlockNumberAsync(TestContext.Current.CancellationToken));

        Assert.Equal(RpcFailure.Malformed, failed.Failure);
    }

    [Fact]
    public async Task Null_instead_of_logs_is_not_none()
    {
        await using var node = await BrokenNode.SayingAsync("""{"jsonrpc":"2.0","id":$id,"result":null}""");
        var filter = LogFilter.OfRange(new BlockNumber(1), new BlockNumber(2), []);

        await Assert.ThrowsAsync<RpcFailedException>(() => RpcTo(node).GetLogsAsync(filter, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_log_of_another_block_than_asked_for_is_a_contradiction()
    {
        var zeros = "0x" + new string('0', 64);
        await using var node = await BrokenNode.SayingAsync($$"""
            {"jsonrpc":"2.0","id":$id,"result":[{"address":"0x{{new string('1', 40)}}","topics":[],"data":"0x","blockNumber":"0x9","blockHash":"{{zeros}}",
            "transactionHash":"{{zeros}}","logIndex":"0x0"}]}
            """);
        var filter = LogFilter.OfRange(new BlockNumber(1), new BlockNumber(2), []);
        var failed = await Assert.ThrowsAsync<RpcFailedException>(() => RpcTo(node).GetLogsAsync(filter, TestContext.Current.CancellationToken));

        Assert.Equal(RpcFailure.Contradictory, failed.Failure);
    }

    private EthRpc RpcTo(BrokenNode node) => new(new HttpJsonRpcTransport(_http, node.Url, new JsonRpcOptions()));
}
