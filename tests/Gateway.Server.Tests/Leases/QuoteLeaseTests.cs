using System.Globalization;
using System.Numerics;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Leases;

[Collection(Hosted.Name)]
public sealed class QuoteLeaseTests(HostedGateway gateway)
{
    [Fact]
    [Incident("1.5.1")]
    public async Task A_quote_says_what_opening_then_does()
    {
        var payer = await gateway.NewPayerAsync(funds: Funds.OfPayer with { Aleph = Funds.OfTokens(1_000) });
        var open = Ask.OpenAndWait(gateway, payer.Address, Ask.NewId());

        var quote = await gateway.Leases.QuoteLeaseAsync(QuoteOf(open));
        var lease = await gateway.Leases.OpenLeaseAsync(open);
        var after = await gateway.Leases.QuoteLeaseAsync(QuoteOf(open));

        Assert.True(quote.Admitted);
        Assert.Equal(Reason.Unspecified, quote.Reason);
        Assert.Equal(lease.Legs.Select(l => l.FlowRate), quote.Legs.Select(l => l.FlowRate));
        Assert.All(quote.Legs, l => Assert.Equal("0", l.FlowOnChain));
        Assert.Equal(Ask.Rate, quote.RequiredAllowance);
        // Four hours of each leg, each rounded up to 2^32.
        var buffer = TokenAmount.Parse(quote.BufferDeposit).Wei;
        var fourHours = TokenAmount.Parse(Ask.Rate).Wei * 14_400;
        Assert.InRange(buffer, fourHours, fourHours + (BigInteger.One << 33));
        Assert.Equal("1000000000000000000000", quote.AvailableBalance);
        Assert.True(TokenAmount.Parse(after.AvailableBalance) <= TokenAmount.Parse(quote.AvailableBalance) - TokenAmount.Parse(quote.BufferDeposit));
        // A flow that is there is changed, and that costs less than making it.
        Assert.NotEqual("0", quote.GasCostWei);
        Assert.All(after.Legs, l => Assert.Equal(l.FlowRate, l.FlowOnChain));
        Assert.True(after.RunwayAfter.ToTimeSpan() < quote.RunwayAfter.ToTimeSpan());
    }

    [Fact]
    public async Task A_quote_that_would_be_refused_says_why()
    {
        var payer = await gateway.NewPayerAsync(authorised: false);

        var quote = await gateway.Leases.QuoteLeaseAsync(QuoteOf(Ask.Open(gateway, payer.Address, "none")));

        Assert.Equal((false, Reason.PermissionRevoked), (quote.Admitted, quote.Reason));
        Assert.Equal(["12222222222222", "3055555555555"], quote.Legs.Select(l => l.FlowRate));
    }

    [Fact]
    [Incident("1.6.6")]
    public async Task A_lease_that_is_not_worth_its_gas_is_refused_with_the_value_that_it_would_need()
    {
        var payer = await gateway.NewPayerAsync();
        // A coin of the chain is worth one of the token.
        await using var thrifty = await gateway.StartReplicaAsync([new("Gateway:Chain:Tokens:ALEPH:WorthOfNativeWei", "1000000000000000000")]);
        var tiny = Ask.Open(gateway, payer.Address, Ask.NewId(), "1000");

        var quote = await thrifty.Leases.QuoteLeaseAsync(QuoteOf(tiny));
        var refused = await Ask.RefusedAsync(() => thrifty.Leases.OpenLeaseAsync(tiny));
        var worthIt = await thrifty.Leases.QuoteLeaseAsync(QuoteOf(Ask.Open(gateway, payer.Address, Ask.NewId())));

        Assert.Equal((false, Reason.Uneconomic), (quote.Admitted, quote.Reason));
        Assert.Equal((StatusCode.FailedPrecondition, "REASON_UNECONOMIC"), (refused.Code, refused.Info.Reason));
        Assert.Equal((1000 * 86_400).ToString(CultureInfo.InvariantCulture), refused.Info.Metadata["present"]);
        Assert.True(BigInteger.Parse(refused.Info.Metadata["required"], CultureInfo.InvariantCulture) >= 10 * BigInteger.Parse(quote.GasCostWei, CultureInfo.InvariantCulture));
        Assert.True(worthIt.Admitted);
    }

    private static QuoteLeaseRequest QuoteOf(OpenLeaseRequest open) => new() { Payer = open.Payer, Token = open.Token, Price = open.Price, Payees = { open.Payees } };
}
