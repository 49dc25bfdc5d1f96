using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Gateway.Chain.Rpc;
using Gateway.Chain.Tests.Transport;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Testing;
using Xunit;

namespace Gateway.Chain.Tests.Rpc;

public sealed class ChainFeedTests : IAsyncLifetime
{
    private static readonly SocketOptions Socket = new() { MaxMessageBytes = 4096, MaxQueued = 4 };

    private readonly ObservedClock _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<ChainHint> _hints = Channel.CreateUnbounded<ChainHint>();

    private SocketNode _node = null!; // Set before the test runs.
    private ChainFeed? _feed;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _node = await SocketNode.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await StopReadingAsync();
        await _node.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task New_heads_are_told_as_they_come()
    {
        var peer = await SubscribedAsync(connection: 1);
        await peer.HeadAsync(7);
        await peer.HeadAsync(8);

        Assert.Equal([Head(7), Head(8)], [await NextAsync(), await NextAsync()]);
    }

    [Fact]
    public async Task Doubled_and_reordered_heads_are_passed_on_for_the_reader_to_judge()
    {
        var peer = await SubscribedAsync(connection: 1);
        foreach (var number in new ulong[] { 8, 8, 7 })
            await peer.HeadAsync(number);

        Assert.Equal([Head(8), Head(8), Head(7)], [await NextAsync(), await NextAsync(), await NextAsync()]);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":\"0x5\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":\"0x5\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\"}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{\"subscription\":\"0xother\",\"result\":{\"number\":\"0x5\"}}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{\"subscription\":\"0xfeed\",\"result\":null}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{\"subscription\":\"0xfeed\",\"result\":{\"number\":\"5\"}}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{\"subscription\":\"0xfeed\",\"result\":{\"number\":\"0xffffffffffffffff\"}}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{\"subscription\":\"\\ud800\",\"result\":{}}}")]
    public async Task A_message_that_means_nothing_to_us_is_passed_over(string text)
    {
        var peer = await SubscribedAsync(connection: 1);
        await peer.SayAsync(text);
        await peer.SayAsync([0xff, 0x00, 0xfe], WebSocketMessageType.Binary);
        await peer.HeadAsync(7);

        Assert.Equal(Head(7), await NextAsync());
        Assert.Equal(1, _node.Connections);
    }

    [Fact]
    [Regression(40)]
    public async Task A_graceful_close_is_a_reason_to_connect_again_and_to_look_back()
    {
        var peer = await SubscribedAsync(connection: 1);
        await peer.CloseAsync();
        Assert.Contains("closed", Assert.IsType<ChainHint.Lost>(await NextAsync()).Why, StringComparison.Ordinal);

        await _time.PassAsync(Socket.FirstBackoff / 2);
        peer = await SubscribedAsync(connection: 2);
        await peer.HeadAsync(9);
        Assert.Equal(Head(9), await NextAsync());
    }

    [Fact]
    public async Task A_reset_connection_is_made_anew()
    {
        var peer = await SubscribedAsync(connection: 1);
        peer.Abort();
        Assert.IsType<ChainHint.Lost>(await NextAsync());

        await _time.PassAsync(Socket.FirstBackoff / 2);
        await SubscribedAsync(connection: 2);
    }

    [Fact]
    public async Task A_server_that_hangs_up_each_time_is_visited_more_and_more_rarely()
    {
        var wait = Socket.FirstBackoff / 2;
        for (var connection = 1; connection <= 9; connection++)
        {
            var peer = await SubscribedAsync(connection);
            await peer.CloseAsync();
            Assert.IsType<ChainHint.Lost>(await NextAsync());
            Assert.Equal(connection, _node.Connections);
            await _time.PassAsync(wait);
            wait = wait * 2 < Socket.LongestBackoff / 2 ? wait * 2 : Socket.LongestBackoff / 2;
        }
    }

    [Fact]
    public async Task After_a_connection_that_lasted_the_waits_start_small_again()
    {
        for (var connection = 1; connection <= 3; connection++)
        {
            await (await SubscribedAsync(connection)).CloseAsync();
            Assert.IsType<ChainHint.Lost>(await NextAsync());
            await _time.PassAsync(Socket.FirstBackoff / 2 * Math.Pow(2, connection - 1));
        }

        var peer = await SubscribedAsync(connection: 4);
        await _time.AwaitedAsync(Socket.Silence);
        _time.Advance(Socket.LongestBackoff + TimeSpan.FromSeconds(1));
        await peer.AnswerAsync("eth_blockNumber", "0x5");
        Assert.Equal(Head(5), await NextAsync());
        await peer.CloseAsync();
        Assert.IsType<ChainHint.Lost>(await NextAsync());

        await _time.PassAsync(Socket.FirstBackoff / 2);
        await SubscribedAsync(connection: 5);
    }

    [Fact]
    public async Task A_silent_node_is_asked_for_a_sign_of_life_and_left_when_it_gives_none()
    {
        var peer = await SubscribedAsync(connection: 1);
        await _time.PassAsync(Socket.Silence);
        Assert.Equal("eth_blockNumber", (await peer.NextAsync()).Method);

        await _time.PassAsync(Socket.AnswerTimeout);
        Assert.Contains("no sign of life", Assert.IsType<ChainHint.Lost>(await NextAsync()).Why, StringComparison.Ordinal);

        await _time.PassAsync(Socket.FirstBackoff / 2);
        await SubscribedAsync(connection: 2);
    }

    [Fact]
    public async Task Noise_is_no_sign_of_life()
    {
        var peer = await SubscribedAsync(connection: 1);
        await _time.PassAsync(Socket.Silence);
        await peer.NextAsync();
        await _time.AwaitedAsync(Socket.AnswerTimeout);
        _time.Advance(Socket.AnswerTimeout / 2);
        var before = _time.Begun;
        await peer.SayAsync("noise");
        await _time.BegunSinceAsync(before);

        await _time.PassAsync(Socket.AnswerTimeout / 2);
        Assert.Contains("no sign of life", Assert.IsType<ChainHint.Lost>(await NextAsync()).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_quiet_chain_a_sign_of_life_keeps_the_connection()
    {
        var peer = await SubscribedAsync(connection: 1);
        await peer.HeadAsync(7);
        Assert.Equal(Head(7), await NextAsync());
        for (var i = 0; i < 5; i++)
        {
            await _time.PassAsync(Socket.Silence);
            await peer.AnswerAsync("eth_blockNumber", "0x7");
        }

        await peer.HeadAsync(8);
        Assert.Equal(Head(8), await NextAsync());
    }

    [Fact]
    [Regression(34)]
    public async Task A_subscription_that_died_on_a_living_connection_is_found_out_by_the_signs_of_life()
    {
        var peer = await SubscribedAsync(connection: 1);
        await peer.HeadAsync(7);
        Assert.Equal(Head(7), await NextAsync());
        await _time.PassAsync(Socket.Silence);
        await peer.AnswerAsync("eth_blockNumber", "0x9");
        Assert.Equal(Head(9), await NextAsync());
        await _time.PassAsync(Socket.Silence);
        await peer.AnswerAsync("eth_blockNumber", "0xb");

        Assert.Equal(Head(11), await NextAsync());
        Assert.Contains("no longer tells", Assert.IsType<ChainHint.Lost>(await NextAsync()).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_without_end_is_cut_off()
    {
        var peer = await SubscribedAsync(connection: 1);
        for (var sent = 0; sent <= Socket.MaxMessageBytes; sent += 1024)
            await peer.SayPartAsync(new byte[1024]);

        Assert.Contains("4096 bytes", Assert.IsType<ChainHint.Lost>(await NextAsync()).Why, StringComparison.Ordinal);
        await _time.PassAsync(Socket.FirstBackoff / 2);
        await SubscribedAsync(connection: 2);
    }

    [Fact]
    public async Task A_refused_subscription_is_tried_again_later()
    {
        Read(Setup);
        var peer = await _node.AcceptAsync();
        await peer.AnswerAsync("eth_chainId", "0xa86a");
        var request = await peer.NextAsync();
        await peer.SayAsync($$"""{"jsonrpc":"2.0","id":{{request.Id}},"error":{"code":-32601,"message":"notifications not supported"} }""");

        Assert.Contains("notifications not supported", Assert.IsType<ChainHint.Lost>(await NextAsync()).Why, StringComparison.Ordinal);
        await _time.PassAsync(Socket.FirstBackoff / 2);
        await SubscribedAsync(connection: 2);
    }

    [Fact]
    public async Task A_subscription_that_is_not_answered_is_given_up()
    {
        Read(Setup);
        var peer = await _node.AcceptAsync();
        await peer.AnswerAsync("eth_chainId", "0xa86a");
        await peer.NextAsync();
        _time.Advance(Socket.AnswerTimeout);

        Assert.Contains("eth_subscribe in time", Assert.IsType<ChainHint.Lost>(await NextAsync()).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_of_another_chain_is_not_listened_to()
    {
        Read(Setup);
        var peer = await _node.AcceptAsync();
        await peer.AnswerAsync("eth_chainId", "0x1");

        Assert.Contains("on chain 1, not on 43114", Assert.IsType<ChainHint.Lost>(await NextAsync()).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_speaks_no_WebSocket_is_tried_again_later_and_its_key_is_not_told()
    {
        _node.RefuseWith = 403;
        Read(Setup);
        var lost = Assert.IsType<ChainHint.Lost>(await NextAsync());

        Assert.Contains("403", lost.Why, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", lost.Why + _feed?.Endpoint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_are_told_for_the_filters_that_were_asked_for()
    {
        var address = Address.Parse("0x00000000000000000000000000000000000000a1");
        var topic = Hash32.Parse("0x" + new string('1', 64));
        var filter = LogFilter.OfRange(new BlockNumber(1), new BlockNumber(2), [address], [topic]);
        Read(Setup with { Logs = [filter] });
        var peer = await _node.AcceptAsync();
        await peer.AnswerAsync("eth_chainId", "0xa86a");
        await peer.AnswerAsync("eth_subscribe", SocketPeer.Heads);
        var asked = await peer.AnswerAsync("eth_subscribe", "0xlog0");
        Assert.Equal($$"""["logs",{"address":["{{address}}"],"topics":[["{{topic}}"]]}]""", asked.ToJsonString());
        Assert.IsType<ChainHint.Subscribed>(await NextAsync());

        await peer.NotifyAsync("0xlog0", JsonNode.Parse($$"""
            {"address":"{{address}}","topics":["{{topic}}"],"data":"0x","blockNumber":"0x9","blockHash":"{{topic}}","transactionHash":"{{topic}}","logIndex":"0x3"}
            """));
        var log = Assert.IsType<ChainHint.NewLog>(await NextAsync()).Log;
        Assert.Equal((9UL, 3U), (log.Block.Value, log.Index));
    }

    [Fact]
    public async Task A_reader_that_is_too_slow_is_told_that_it_missed_something()
    {
        await using var hints = new ChainFeed(Setup, _time, () => 0).ReadAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var first = hints.MoveNextAsync();
        var peer = await _node.AcceptAsync();
        await peer.SubscribeAsync();
        Assert.True(await first);
        for (var number = 1UL; number <= 50; number++)
            await peer.HeadAsync(number);
        // The client says good-bye when it has taken everything that came before.
        await peer.CloseAsync();

        List<ChainHint> read = [];
        while (read.LastOrDefault() is not ChainHint.Lost && await hints.MoveNextAsync())
            read.Add(hints.Current);
        Assert.InRange(Assert.IsType<ChainHint.Missed>(read[0]).Hints, 50 - Socket.MaxQueued, 50);
        Assert.Equal(Head(50), read[^2]);
    }

    [Fact]
    public async Task A_connection_that_somebody_knows_to_be_stale_is_dropped()
    {
        await SubscribedAsync(connection: 1);
        _feed!.Drop("the polls see newer blocks");

        Assert.Equal(new ChainHint.Lost("the polls see newer blocks"), await NextAsync());
        await _time.PassAsync(Socket.FirstBackoff / 2);
        await SubscribedAsync(connection: 2);
    }

    [Fact]
    public async Task A_reader_that_stops_closes_the_connection()
    {
        var peer = await SubscribedAsync(connection: 1);
        await StopReadingAsync();

        await peer.IsLeftPolitelyAsync();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, _node.Connections);
    }

    private static ChainHint.NewHead Head(ulong number) => new(new BlockNumber(number));

    private FeedSetup Setup => new(_node.Url, new ChainId(43114)) { Socket = Socket };

    private void Read(FeedSetup setup)
    {
        _feed = new ChainFeed(setup, _time, jitter: () => 0);
        _ = PassOnAsync(_feed);
    }

    private async Task PassOnAsync(ChainFeed feed)
    {
        try
        {
            await foreach (var hint in feed.ReadAsync(_stop.Token))
                await _hints.Writer.WriteAsync(hint, Cancellation);
        }
        catch (OperationCanceledException)
        {
            // The test stopped it.
        }
        catch (Exception e)
        {
            _hints.Writer.TryComplete(e);
        }
        finally
        {
            _hints.Writer.TryComplete();
        }
    }

    // Ends when the feed has ended, and throws what it threw.
    private async Task StopReadingAsync()
    {
        await _stop.CancelAsync();
        if (_feed is null)
            return;
        await foreach (var _ in _hints.Reader.ReadAllAsync(Cancellation))
        {
            // Not looked at by the test.
        }
    }

    private async Task<SocketPeer> SubscribedAsync(int connection)
    {
        if (_feed is null)
            Read(Setup);
        var peer = await _node.AcceptAsync();
        await peer.SubscribeAsync();
        Assert.Equal(new ChainHint.Subscribed(connection), await NextAsync());
        return peer;
    }

    private async Task<ChainHint> NextAsync() => await _hints.Reader.ReadAsync(Cancellation);
}
