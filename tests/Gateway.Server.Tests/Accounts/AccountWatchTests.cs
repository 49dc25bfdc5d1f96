using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Accounts;
using Gateway.Server.Leases;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Accounts;

public sealed class AccountWatchTests(SteppedWorld stepped) : CustomerTest(stepped), IClassFixture<SteppedWorld>
{
    [Fact]
    public async Task A_snapshot_comes_first_and_then_what_others_do_even_without_a_lease()
    {
        await using var gateway = await NewGatewayAsync();
        var payer = await NewPayerAsync();
        await using var watch = Watch(gateway, payer);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(OperatorGrant.None, watch.Current.Seen.Grant);

        await CallCfaAsync(payer, FlowCalls.AuthorizeFully(Chain.Tokens.Aleph, Chain.Accounts.Operator.Address));
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(OperatorGrant.Unlimited, watch.Current.Seen.Grant);

        await Chain.Sender.CallAsync(payer, Chain.Tokens.Aleph, TokenCalls.Transfer(Chain.Accounts.Payees[2].Address, TokenAmount.FromWei(7)), Cancellation);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(Funds.OfPayer.Aleph - TokenAmount.FromWei(7), watch.Current.Seen.AvailableBalance);
    }

    [Fact]
    public async Task Blocks_that_do_not_touch_it_are_no_news_and_a_changed_lease_is()
    {
        await using var gateway = await NewGatewayAsync();
        var payer = await NewPayerAsync();
        await CallCfaAsync(payer, FlowCalls.Create(Chain.Tokens.Aleph, Chain.Accounts.Payees[2].Address, FlowRate.FromWeiPerSecond(1_000_000)));
        await using var watch = Watch(gateway, payer);
        Assert.True(await watch.MoveNextAsync());
        var before = watch.Current;

        // Time goes by in it, and his balance with it.
        await Chain.Anvil.Control.MineAsync(Cancellation);
        var next = watch.MoveNextAsync();
        var account = before.Target.Key;
        gateway.Get<LeaseChanges>().Publish(new LeaseView(Given.Lease("of-another"), AccountBook.Empty(Given.Account).Account));
        gateway.Get<LeaseChanges>().Publish(new LeaseView(Given.Lease("of-this", account), AccountBook.Empty(account).Account));

        Assert.True(await next);
        Assert.True(watch.Current.IsSameStateAs(before));
    }

    [Fact]
    public async Task It_ends_when_the_gateway_stops()
    {
        await using var gateway = await NewGatewayAsync();
        var payer = await NewPayerAsync();
        await using var watch = Watch(gateway, payer);
        Assert.True(await watch.MoveNextAsync());

        gateway.Get<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().StopApplication();

        Assert.False(await watch.MoveNextAsync());
    }

    private static IAsyncEnumerator<PayerView> Watch(SteppedGateway gateway, DevAccount payer) => gateway.Get<AccountWatch>()
        .WatchAsync(gateway.Get<AccountRequests>().Account("ALEPH", payer.Address.ToString()), atLeastEvery: null, Cancellation)
        .GetAsyncEnumerator(Cancellation);
}
