using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Money;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Proxy;

/// <summary>The pool's rules, each to the wei (chain-and-transactions.md §0.3).</summary>
public sealed class CorethPoolTests(ChainFixture chain) : ProxyTest(chain)
{
    /// <summary>Above any base fee of these tests.</summary>
    private const long Cap = 10_000_000_000;
    private const long Tip = 1_000_000_000;

    [Theory]
    [Regression(8)]
    [InlineData(Tip * 1099 / 1000, Cap * 2)]
    [InlineData(Tip * 2, Cap * 1099 / 1000)]
    [InlineData((Tip * 11 / 10) - 1, Cap * 11 / 10)]
    [InlineData(Tip * 11 / 10, (Cap * 11 / 10) - 1)]
    [InlineData(Tip, Cap * 2)]
    [InlineData(Tip * 2, Cap)]
    [InlineData(Tip / 2, Cap / 2)]
    public async Task A_replacement_that_does_not_raise_both_fees_by_a_tenth_is_refused(long tip, long feeCap)
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var sender = await NewSenderAsync();
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(sender, 0, Tip, Cap));

        var refused = Assert.IsType<SendOutcome.Refused>(await SendAsync(sender, 0, tip, feeCap));

        Assert.Equal(NodeError.ReplacementUnderpriced, refused.Error);
        Assert.Contains("replacement transaction underpriced", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [Regression(8)]
    [InlineData(Tip * 11 / 10, Cap * 11 / 10)]
    [InlineData(Tip * 2, Cap * 2)]
    public async Task A_replacement_that_raises_both_fees_by_a_tenth_is_the_one_that_is_mined(long tip, long feeCap)
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var sender = await NewSenderAsync();
        await SendAsync(sender, 0, Tip, Cap);
        var replacement = await SignAsync(sender, 0, tip, feeCap);

        Assert.IsType<SendOutcome.Accepted>(await Rpc.SendRawTransactionAsync(replacement.Raw, Cancellation));

        await Chain.Control.MineAsync(Cancellation);
        Assert.NotNull(await Rpc.GetReceiptAsync(replacement.Hash, Cancellation));
    }

    [Fact]
    [Regression(7)]
    public async Task A_tip_of_one_wei_rises_by_a_whole_one()
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var sender = await NewSenderAsync();
        await SendAsync(sender, 0, tip: 1, Cap);

        // A tenth more of 1 is 1: rounded down it would do, but it must rise too.
        Assert.IsType<SendOutcome.Refused>(await SendAsync(sender, 0, tip: 1, Cap * 2));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(sender, 0, tip: 2, Cap * 2));
    }

    [Fact]
    public async Task The_same_bytes_again_are_already_known()
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var sender = await NewSenderAsync();
        var signed = await SignAsync(sender, 0, Tip, Cap);
        await Rpc.SendRawTransactionAsync(signed.Raw, Cancellation);

        var error = await Assert.ThrowsAsync<RpcRefusedException>(() => AskAsync("eth_sendRawTransaction", "0x" + Convert.ToHexStringLower(signed.Raw)));

        Assert.Equal((NodeError.AlreadyKnown, CorethRules.DefaultCode), (error.Error, error.Code));
        await Chain.Control.MineAsync(Cancellation);
        Assert.Equal(NodeError.NonceTooLow, Assert.IsType<SendOutcome.Refused>(await Rpc.SendRawTransactionAsync(signed.Raw, Cancellation)).Error);
    }

    [Fact]
    public async Task Below_the_base_fee_a_transaction_is_held_and_mined_when_the_base_fee_has_fallen()
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var sender = await NewSenderAsync();
        await MineAtAsync(Wei.FromGwei(50));
        var signed = await SignAsync(sender, 0, Tip, (long)Wei.FromGwei(20).Value);

        Assert.IsType<SendOutcome.Accepted>(await Rpc.SendRawTransactionAsync(signed.Raw, Cancellation));
        await Chain.Control.MineAsync(Cancellation);
        Assert.Null(await Rpc.GetReceiptAsync(signed.Hash, Cancellation));
        await MineAtAsync(Wei.FromGwei(1));
        Assert.Null(await Rpc.GetReceiptAsync(signed.Hash, Cancellation)); // The proxy was asked: it has let it go.
        await Chain.Control.MineAsync(Cancellation);

        Assert.True((await Rpc.GetReceiptAsync(signed.Hash, Cancellation))?.Succeeded);
    }

    [Fact]
    public async Task What_waits_for_a_nonce_before_it_goes_on_when_that_has_come()
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var sender = await NewSenderAsync();
        for (var nonce = 3UL; nonce > 0; nonce--)
            Assert.IsType<SendOutcome.Accepted>(await SendAsync(sender, nonce, Tip, Cap));
        Assert.Equal(0UL, await ConsumedAsync(sender));

        await SendAsync(sender, 0, Tip, Cap);

        Assert.Equal(4UL, await ConsumedAsync(sender));
    }

    [Fact]
    public async Task Of_more_than_64_that_wait_for_a_nonce_the_highest_are_dropped_without_a_word()
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var sender = await NewSenderAsync();
        for (var nonce = 1UL; nonce <= 66; nonce++)
            Assert.IsType<SendOutcome.Accepted>(await SendAsync(sender, nonce, Tip, Cap));

        await SendAsync(sender, 0, Tip, Cap);
        await MineAllAsync(sender);

        Assert.Equal(65UL, await ConsumedAsync(sender));
    }

    [Fact]
    public async Task What_waits_for_a_nonce_is_dropped_after_ten_minutes_and_what_could_be_mined_is_not()
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var sender = await NewSenderAsync();
        await SendAsync(sender, 0, Tip, Cap);
        await SendAsync(sender, 2, Tip, Cap);
        Time.Advance(TimeSpan.FromMinutes(10));

        await SendAsync(sender, 1, Tip, Cap);
        await MineAllAsync(sender);

        Assert.Equal(2UL, await ConsumedAsync(sender));
    }

    [Fact]
    public async Task A_restart_forgets_the_pool()
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var sender = await NewSenderAsync();
        await MineAtAsync(Wei.FromGwei(50));
        var signed = await SignAsync(sender, 0, Tip, (long)Wei.FromGwei(20).Value);
        await Rpc.SendRawTransactionAsync(signed.Raw, Cancellation);

        await Proxy.Pool.ForgetAsync();

        await MineAtAsync(Wei.FromGwei(1));
        await Rpc.GetBlockNumberAsync(Cancellation);
        await Chain.Control.MineAsync(Cancellation);
        Assert.Null(await Rpc.GetReceiptAsync(signed.Hash, Cancellation));
        Assert.IsType<SendOutcome.Accepted>(await Rpc.SendRawTransactionAsync(signed.Raw, Cancellation));
    }

    [Fact]
    public async Task Pending_counts_what_this_pool_has_and_no_other_one()
    {
        await Chain.Control.StopMiningAsync(Cancellation);
        var other = RpcOf(await StartAsync());
        var sender = await NewSenderAsync();

        await other.SendRawTransactionAsync((await SignAsync(sender, 0, Tip, Cap)).Raw, Cancellation);

        Assert.Equal("0x0", await AskAsync("eth_getTransactionCount", sender.Address.ToString(), "pending"));
        await SendAsync(sender, 0, Tip, Cap);
        Assert.Equal("0x1", await AskAsync("eth_getTransactionCount", sender.Address.ToString(), "pending"));
    }

    [Fact]
    public async Task Too_little_money_is_told_in_coreths_words()
    {
        var poor = Chain.NewAccount("poor");

        var refused = Assert.IsType<SendOutcome.Refused>(await SendAsync(poor, 0, Tip, Cap));

        Assert.Equal(NodeError.InsufficientFunds, refused.Error);
        Assert.Contains("insufficient funds for gas * price + value", refused.Message, StringComparison.Ordinal);
    }

    private async Task MineAtAsync(Wei baseFee)
    {
        await Chain.Control.SetNextBaseFeeAsync(baseFee, Cancellation);
        await Chain.Control.MineAsync(Cancellation);
    }

    private async Task MineAllAsync(DevAccount sender)
    {
        var before = ulong.MaxValue;
        for (var now = await ConsumedAsync(sender); now != before; now = await ConsumedAsync(sender))
            before = now;
    }
}
