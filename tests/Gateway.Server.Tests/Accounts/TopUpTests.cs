using System.Globalization;
using System.Numerics;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Accounts;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts;

/// <summary>Top-ups of each kind of token, signed as they were prepared, on the real contracts.</summary>
public sealed class TopUpTests(SteppedWorld stepped) : CustomerTest(stepped), IClassFixture<SteppedWorld>
{
    private static readonly BigInteger Whole = BigInteger.Pow(10, 18);

    [Fact]
    public async Task A_wrap_allows_what_it_takes_to_the_unit_and_gives_what_was_expected()
    {
        await using var gateway = await NewGatewayAsync();
        var payer = await NewPayerAsync();

        // More digits than USDC has: rounded up to its last one.
        var prepared = await PrepareAsync(gateway, payer, "USDCx", (25 * Whole) + 1);
        Assert.Equal(2, prepared.Transactions.Count);
        foreach (var transaction in prepared.Transactions)
            await SignAsync(payer, transaction);

        Assert.Equal(Of(prepared.Expected), await AvailableAsync(payer, Chain.Tokens.Usdcx));
        Assert.Equal(Funds.OfPayer.Usdcx.Wei + (25 * Whole) + BigInteger.Pow(10, 12), Of(prepared.Expected).Wei);
        var after = await LookAsync(gateway, payer, "USDCx");
        Assert.Equal(prepared.Expected.UnderlyingBalance, after.UnderlyingBalance);
        Assert.Equal(BigInteger.Zero, await AllowanceAsync(payer));
        Assert.False(after.CanCreate);
    }

    [Fact]
    public async Task A_wrap_and_a_grant_are_one_transaction_where_the_underlying_is_allowed_already()
    {
        await using var gateway = await NewGatewayAsync();
        var payer = await NewPayerAsync();
        await Chain.Sender.CallAsync(
            payer, Chain.Tokens.Usdc, TokenCalls.ApproveUnderlying(Chain.Tokens.Usdcx, 25_000_000), Cancellation);

        var prepared = await PrepareAsync(gateway, payer, "USDCx", 25 * Whole, authorize: true);
        await SignAsync(payer, Assert.Single(prepared.Transactions));

        Assert.Equal(Of(prepared.Expected), await AvailableAsync(payer, Chain.Tokens.Usdcx));
        Assert.Equal(OperatorGrant.Unlimited, await GrantAsync(payer, Chain.Tokens.Usdcx));
        Assert.True(prepared.Expected.UnlimitedAllowance);
    }

    [Fact]
    public async Task Coins_are_wrapped_by_sending_them_along()
    {
        await using var gateway = await NewGatewayAsync();
        var payer = await NewPayerAsync();

        var prepared = await PrepareAsync(gateway, payer, "AVAXx", (3 * Whole) + 7, authorize: true);
        Assert.Equal(((3 * Whole) + 7).ToString(CultureInfo.InvariantCulture), prepared.Transactions[0].Value);
        foreach (var transaction in prepared.Transactions)
            await SignAsync(payer, transaction);

        Assert.Equal(Of(prepared.Expected), await AvailableAsync(payer, Chain.Tokens.Avaxx));
        Assert.Equal(OperatorGrant.Unlimited, await GrantAsync(payer, Chain.Tokens.Avaxx));
    }

    [Fact]
    public async Task A_token_that_wraps_nothing_is_sent_by_whoever_has_it()
    {
        await using var gateway = await NewGatewayAsync();
        var (payer, friend) = (await NewPayerAsync(), await NewPayerAsync());

        var prepared = await PrepareAsync(gateway, payer, "ALEPH", 12_345);
        var transaction = Assert.Single(prepared.Transactions);
        Assert.Empty(transaction.From);
        await SignAsync(friend, transaction);

        Assert.Equal(Of(prepared.Expected), await AvailableAsync(payer, Chain.Tokens.Aleph));
    }

    [Theory]
    [InlineData("USDCx")]
    [InlineData("ALEPH")]
    public async Task A_target_runway_is_reached_by_a_streaming_account(string token)
    {
        await using var gateway = await NewGatewayAsync();
        var (payer, friend) = (await NewPayerAsync(), await NewPayerAsync());
        var superToken = gateway.Get<AccountRequests>().Account(token, payer.Address.ToString()).Key.SuperToken;
        await CallCfaAsync(payer, FlowCalls.Create(superToken, Chain.Accounts.Payees[0].Address, FlowRate.FromWeiPerSecond(38_580_246_913_580_247)));
        // 100,000 tokens at 100,000 a month: 30 days. A few more are wanted.
        var target = Duration.FromTimeSpan(TimeSpan.FromDays(31));
        var request = new Wire.PrepareTopUpRequest { Payer = payer.Address.ToString(), Token = token, TargetRunway = target };
        var prepared = await gateway.Get<AccountDesk>().PrepareTopUpAsync(request, Cancellation);
        foreach (var transaction in prepared.Transactions)
            await SignAsync(transaction.From.Length == 0 ? friend : payer, transaction);

        Assert.True(prepared.Expected.Runway.Seconds > target.Seconds);
        var after = await LookAsync(gateway, payer, token);
        // The very second that was expected: whatever time went by, nothing else changed.
        Assert.Equal(prepared.Expected.CriticalAt, after.CriticalAt);
        Assert.Empty((await gateway.Get<AccountDesk>().PrepareTopUpAsync(
            new Wire.PrepareTopUpRequest(request) { TargetRunway = Duration.FromTimeSpan(TimeSpan.FromDays(30)) }, Cancellation)).Transactions);
    }

    [Theory]
    [InlineData("USDCx", "100000000001", "100000000000")]
    [InlineData("AVAXx", "100000000001000000000000", "1000000000000000000000")]
    public async Task Who_has_not_got_what_is_to_be_wrapped_is_told_what_it_takes(string token, string required, string present)
    {
        await using var gateway = await NewGatewayAsync();
        var payer = await NewPayerAsync();

        var refused = await Assert.ThrowsAsync<RefusedException>(() => PrepareAsync(gateway, payer, token, (100_000 * Whole) + BigInteger.Pow(10, 12)));

        Assert.Equal((RefusalCode.BalanceTooLow, required, present), (refused.Refusal.Code, refused.Refusal.Required, refused.Refusal.Present));
    }

    private async Task<BigInteger> AllowanceAsync(DevAccount payer) => await TokenViews.UnderlyingAllowance(Chain.Tokens.Usdc, payer.Address, Chain.Tokens.Usdcx)
        .AskAsync(Chain.Anvil.Rpc, await Chain.Anvil.Rpc.GetBlockNumberAsync(Cancellation), Cancellation);

    private static Task<Wire.PreparedTransactions> PrepareAsync(SteppedGateway gateway, DevAccount payer, string token, BigInteger amount, bool authorize = false) =>
        gateway.Get<AccountDesk>().PrepareTopUpAsync(
            new Wire.PrepareTopUpRequest
            {
                Payer = payer.Address.ToString(),
                Token = token,
                SuperTokenAmount = amount.ToString(CultureInfo.InvariantCulture),
                Authorize = authorize,
            },
            Cancellation);

    private static TokenAmount Of(Wire.Account account) => TokenAmount.Parse(account.AvailableBalance);
}
