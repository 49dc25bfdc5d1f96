using Gateway.Chain.Transport;
using Gateway.Domain.Leases;
using Gateway.Server.Resilience;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

public sealed class EndpointBreakerTests : PoolTest
{
    private RpcEndpoint FirstEndpoint => Pool.Endpoints[0];

    [Fact]
    public async Task After_failures_in_a_row_an_endpoint_is_left_alone_until_its_break_is_over()
    {
        await OpenFirstAsync();
        var asked = First.Asked("eth_getBalance");

        Assert.Equal(2UL, await BalanceAsync());
        Assert.Equal(2UL, await BalanceAsync());
        Assert.Equal(asked, First.Asked("eth_getBalance"));

        First.Recover();
        Time.Advance(TimeSpan.FromSeconds(1));
        await Pool.GetBlockNumberAsync(Cancellation);

        Assert.Equal(BreakerState.Closed, FirstEndpoint.ToState().State);
        Assert.Equal(1UL, await BalanceAsync());
    }

    [Fact]
    public async Task An_endpoint_that_hangs_is_left_alone_even_where_only_one_poll_after_the_other_asks_it()
    {
        for (var i = 0; i < 4; i++)
        {
            var arrived = First.HangOn("eth_chainId");
            var poll = Attempt.OfAsync(FirstEndpoint, e => e.Rpc.GetBlockNumberAsync(Cancellation));
            await arrived;
            Time.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal(RpcFailure.Timeout, Assert.IsType<RpcFailedException>((await poll).Failure).Failure);
        }

        Assert.Equal(BreakerState.Open, FirstEndpoint.ToState().State);
    }

    [Fact]
    [Regression(48)]
    public async Task What_answers_after_a_break_must_say_its_chain_again()
    {
        await OpenFirstAsync();
        First.Recover();
        First.ChainId = 1;
        Time.Advance(TimeSpan.FromSeconds(1));

        await Pool.GetBlockNumberAsync(Cancellation);
        Assert.Equal(2UL, await BalanceAsync());
        Assert.True(FirstEndpoint.IsQuarantined);
        Assert.Contains("chain 1", FirstEndpoint.ToState().Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_probe_makes_the_break_longer()
    {
        await OpenFirstAsync();
        await ProbeAfterAsync(TimeSpan.FromSeconds(1));
        var asked = First.Asked("eth_chainId");

        await ProbeAfterAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(asked, First.Asked("eth_chainId"));

        await ProbeAfterAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(asked + 1, First.Asked("eth_chainId"));
    }

    [Fact]
    [Regression(48)]
    public async Task An_endpoint_on_another_chain_is_never_read_from_until_it_is_corrected()
    {
        First.ChainId = 43113;
        for (var i = 0; i < 5; i++)
            Assert.Equal(2UL, await BalanceAsync());

        var state = FirstEndpoint.ToState();
        Assert.Equal(("rpc:first", BreakerState.Open, (DateTimeOffset?)Time.GetUtcNow()), (state.Name, state.State, state.ChangedAt));
        Assert.Equal((1, 0), (First.Asked("eth_chainId"), First.Asked("eth_getBalance")));
        Assert.Single(Logs.All, l => l.Contains("first is quarantined: it is on chain 43113, not on 43114", StringComparison.Ordinal));

        First.ChainId = 43114;
        Time.Advance(ChainIdCheck.Recheck);
        await Pool.GetBlockNumberAsync(Cancellation);
        Assert.Equal(1UL, await BalanceAsync());
        Assert.False(FirstEndpoint.IsQuarantined);
    }

    [Fact]
    public async Task Where_every_endpoint_is_on_another_chain_nothing_is_known()
    {
        First.ChainId = Second.ChainId = 1;

        var failed = await Assert.ThrowsAsync<RpcFailedException>(() => BalanceAsync());
        Assert.Equal(RpcFailure.NotAsked, failed.Failure);
        await Assert.ThrowsAsync<RpcFailedException>(() => Pool.GetLatestBlockAsync(Cancellation));
        // Except this, so that a start on the wrong chain is refused with its number.
        Assert.Equal(1UL, (await Pool.GetChainIdAsync(Cancellation)).Value);
    }

    [Fact]
    public async Task One_endpoint_on_another_chain_says_nothing_about_ours()
    {
        First.ChainId = 1;
        Assert.Equal(43114UL, (await Pool.GetChainIdAsync(Cancellation)).Value);

        Second.FailWith(502, "<html>");
        await Assert.ThrowsAsync<RpcFailedException>(() => Pool.GetChainIdAsync(Cancellation));
    }

    [Fact]
    [Regression(46)]
    public async Task Too_many_requests_are_answered_by_staying_away_for_as_long_as_asked()
    {
        Assert.Equal(1UL, await BalanceAsync());
        First.FailWith(429, "slow down", retryAfter: "7", method: "eth_getBalance");
        Assert.Equal(2UL, await BalanceAsync());
        First.Recover();
        Assert.Equal(2, First.Asked("eth_getBalance"));
        Assert.Equal(BreakerState.Open, FirstEndpoint.ToState().State);

        Time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.Equal(2UL, await BalanceAsync());
        Assert.Equal(2, First.Asked("eth_getBalance"));

        Time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1UL, await BalanceAsync());
        Assert.Equal(BreakerState.Closed, FirstEndpoint.ToState().State);
    }

    [Fact]
    public async Task A_broadcast_that_is_told_to_slow_down_counts_too()
    {
        First.FailWith(429, "slow down", retryAfter: "7", method: "eth_sendRawTransaction");
        Second.FailWith(429, "slow down", method: "eth_sendRawTransaction");
        await SendAsync();
        await SendAsync();

        Assert.Equal(1, First.Asked("eth_sendRawTransaction"));
        Assert.All(Pool.Endpoints, e => Assert.False(e.IsHealthy));
    }

    [Fact]
    public async Task Reverts_and_refusals_never_open_a_breaker()
    {
        First.Refuse("eth_getBalance", 3, "execution reverted");
        for (var i = 0; i < 10; i++)
            await Assert.ThrowsAsync<ExecutionRevertedException>(() => BalanceAsync());
        First.Refuse("eth_getBalance", -32602, "invalid params");
        for (var i = 0; i < 10; i++)
            await Assert.ThrowsAsync<RpcRefusedException>(() => BalanceAsync());
        First.Refuse("eth_sendRawTransaction", -32000, "nonce too low");
        for (var i = 0; i < 10; i++)
            await FirstEndpoint.Rpc.SendRawTransactionAsync(new byte[] { 2 }, Cancellation);

        Assert.Equal(BreakerState.Closed, FirstEndpoint.ToState().State);
    }

    [Fact]
    public async Task A_caller_who_goes_away_neither_counts_against_an_endpoint_nor_closes_its_breaker()
    {
        await OpenFirstAsync();
        First.Recover();
        var arrived = First.HangOn("eth_chainId");
        Time.Advance(TimeSpan.FromSeconds(1));
        using var gone = new CancellationTokenSource();
        var read = FirstEndpoint.Rpc.GetBlockNumberAsync(gone.Token);
        await arrived;
        await gone.CancelAsync();

        await Task.WhenAny(read);
        Assert.True(read.IsCanceled);
        Assert.Equal(BreakerState.HalfOpen, FirstEndpoint.ToState().State);
    }

    private async Task OpenFirstAsync()
    {
        Assert.Equal(1UL, await BalanceAsync());
        First.FailWith(502, "<html>");
        for (var i = 0; i < 4; i++)
            await FailAsync();
        Assert.Equal(BreakerState.Open, FirstEndpoint.ToState().State);
    }

    private async Task ProbeAfterAsync(TimeSpan time)
    {
        Time.Advance(time);
        await Assert.ThrowsAsync<RpcFailedException>(() => FirstEndpoint.Rpc.GetBlockNumberAsync(Cancellation));
    }

    private async Task FailAsync() => Assert.Equal(2UL, await BalanceAsync());
}
