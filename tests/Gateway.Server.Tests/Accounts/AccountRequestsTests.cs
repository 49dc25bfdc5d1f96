using Gateway.Server.Accounts;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts;

/// <summary>What is wrong with a request about an account is named by its field, all of it at once.</summary>
public sealed class AccountRequestsTests(SteppedWorld stepped) : CustomerTest(stepped), IClassFixture<SteppedWorld>
{
    private const string Payer = "0xd196CA59Df603618563578d11BC74FEFDf6F2DDA";

    [Theory]
    [InlineData("ALEPH", Payer, "")]
    [InlineData("ALEPH", "0xd196ca59df603618563578d11bc74fefdf6f2dda", "")]
    [InlineData("", Payer, "token")]
    [InlineData("aleph", Payer, "token")]
    [InlineData("0x0000000000000000000000000000000000000001", Payer, "token")]
    [InlineData("ALEPH", "", "payer")]
    [InlineData("ALEPH", "0xD196CA59Df603618563578d11BC74FEFDf6F2DDA", "payer")]
    [InlineData("ALEPH", "0x0000000000000000000000000000000000000000", "payer")]
    [InlineData("x", "y", "token payer")]
    public async Task An_account_is_a_token_of_ours_and_an_address(string token, string payer, string wrong)
    {
        await using var gateway = await NewGatewayAsync();

        Assert.Equal(wrong, WrongWith(() => gateway.Get<AccountRequests>().Account(token, payer)));
    }

    [Fact]
    public async Task A_token_may_be_named_by_its_address()
    {
        await using var gateway = await NewGatewayAsync();

        Assert.Equal("USDCx", gateway.Get<AccountRequests>().Account(Chain.Tokens.Usdcx.ToString(), Payer).Token.Token.Symbol);
    }

    [Theory]
    [InlineData("", false, "")]
    [InlineData("1", false, "")]
    [InlineData("39614081257132168796771975167", false, "")]
    [InlineData("39614081257132168796771975168", false, "flow_rate_allowance")]
    [InlineData("0", false, "flow_rate_allowance")]
    [InlineData("01", false, "flow_rate_allowance")]
    [InlineData("1.5", false, "flow_rate_allowance")]
    [InlineData("1", true, "flow_rate_allowance")]
    public async Task An_allowance_is_a_rate_or_nothing(string allowance, bool revoke, string wrong)
    {
        await using var gateway = await NewGatewayAsync();
        var request = new Wire.PrepareAuthorizationRequest { Token = "ALEPH", Payer = Payer, FlowRateAllowance = allowance, Revoke = revoke };

        Assert.Equal(wrong, WrongWith(() => gateway.Get<AccountRequests>().Authorization(request)));
    }

    [Theory]
    [InlineData("1", "")]
    [InlineData("340282366920938463463374607431768211455", "")]
    [InlineData("340282366920938463463374607431768211456", "super_token_amount")]
    [InlineData("0", "super_token_amount")]
    [InlineData("-1", "super_token_amount")]
    [InlineData("1e18", "super_token_amount")]
    [InlineData("", "super_token_amount")]
    public async Task An_amount_is_a_whole_number_above_zero(string amount, string wrong)
    {
        await using var gateway = await NewGatewayAsync();
        var request = new Wire.PrepareTopUpRequest { Token = "ALEPH", Payer = Payer, SuperTokenAmount = amount };

        Assert.Equal(wrong, WrongWith(() => gateway.Get<AccountRequests>().TopUp(request)));
    }

    [Theory]
    [InlineData(1, 0, 1UL)]
    [InlineData(0, 1, 1UL)]
    [InlineData(59, 999_999_999, 60UL)]
    [InlineData(0, 0, null)]
    [InlineData(-1, 0, null)]
    [InlineData(1, -1, null)]
    [InlineData(1, 1_000_000_000, null)]
    [InlineData(4_294_967_295, 0, null)]
    [InlineData(315_576_000_000, 0, null)]
    public async Task A_runway_is_counted_in_begun_seconds(long seconds, int nanos, ulong? expected)
    {
        await using var gateway = await NewGatewayAsync();
        var request = new Wire.PrepareTopUpRequest { Token = "ALEPH", Payer = Payer, TargetRunway = new Duration { Seconds = seconds, Nanos = nanos } };

        TopUpWish? wish = null;
        Assert.Equal(expected is null ? "target_runway" : "", WrongWith(() => wish = gateway.Get<AccountRequests>().TopUp(request)));
        Assert.Equal(expected, wish?.RunwaySeconds);
    }

    [Fact]
    public async Task Neither_an_amount_nor_a_runway_is_no_top_up()
    {
        await using var gateway = await NewGatewayAsync();

        Assert.Equal("amount", WrongWith(() => gateway.Get<AccountRequests>().TopUp(new Wire.PrepareTopUpRequest { Token = "ALEPH", Payer = Payer })));
    }

    [Theory]
    [InlineData(5, 6, "")]
    [InlineData(6, 6, "to")]
    [InlineData(7, 6, "to")]
    [InlineData(-1, 6, "from")]
    public async Task A_period_begins_before_it_ends(long from, long to, string wrong)
    {
        await using var gateway = await NewGatewayAsync();
        var request = new Wire.GetStatementRequest { Token = "ALEPH", Payer = Payer, From = new Timestamp { Seconds = from }, To = new Timestamp { Seconds = to } };

        Assert.Equal(wrong, WrongWith(() => gateway.Get<AccountRequests>().Statement(request)));
    }

    private static string WrongWith(Func<object> read)
    {
        try
        {
            Assert.NotNull(read());
            return "";
        }
        catch (InvalidRequestException e)
        {
            return string.Join(' ', e.Problems.Select(p => p.Field));
        }
    }
}
