using System.Numerics;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Leases;

[Collection(Hosted.Name)]
public sealed class QuoteLeaseTests(HostedGateway gateway)
{
    [Fact]
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

    private static QuoteLeaseRequest QuoteOf(OpenLeaseRequest open) => new() { Payer = open.Payer, Token = open.Token, Price = open.Price, Payees = { open.Payees } };
}
