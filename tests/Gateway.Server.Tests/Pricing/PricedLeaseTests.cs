using Gateway.Chain.Signing;
using Gateway.Server.Tests.Hosting;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Pricing;

/// <summary>Leases that name what a VM has, and no price: quoted, opened and changed by the list, on the real contracts.</summary>
[Collection(Hosted.Name)]
public sealed class PricedLeaseTests(PricedGateway priced) : IClassFixture<PricedGateway>
{
    private const string OneUnit = "15277777777777";

    private static readonly (string, string)[] Small = [("compute_units", "1"), ("storage_mib", "40960")];

    private SchedulerCalls Leases => priced.Gateway.Leases;

    [Theory]
    [InlineData("ALEPH")]
    [InlineData("USDCx")]
    public async Task Resources_are_quoted_and_paid_at_the_price_of_the_list_with_its_split(string token)
    {
        var payer = await priced.Hosted.NewPayerAsync();
        var open = priced.Open(payer.Address, Ask.NewId(), token, Small);

        var quote = await Leases.QuoteLeaseAsync(PricedGateway.QuoteOf(open));
        var lease = await Leases.OpenLeaseAsync(open);

        // One unit, and 20,480 MiB beyond those that are included.
        Assert.Equal(("20835822222221", "5558044444444", "v1", true), (quote.FlowRate, quote.PausedFlowRate, quote.PriceListVersion, quote.Admitted));
        Assert.Equal((quote.FlowRate, quote.PausedFlowRate, "v1", LeaseState.Active), (lease.FlowRate, lease.PausedFlowRate, lease.PriceListVersion, lease.State));
        Assert.Equal(open.Price.Resources, lease.Resources);
        Assert.Equal(["16668657777777", "4167164444444"], lease.Legs.Select(l => l.FlowOnChain));
        Assert.Equal(
            [(Eip55.Format(priced.Hosted.Node), 800_000u, "node"), (Eip55.Format(priced.Hosted.Community), 200_000u, "community")],
            lease.Legs.Select(l => (l.Payee.Address, l.Payee.SharePpm, l.Payee.Role)));
        Assert.Equal(lease.Legs.Select(l => l.Payee), quote.Legs.Select(l => l.Payee));
    }

    /// <summary>The token that wraps the chain's own coin: topped up by the value of the transaction that was prepared, then paid in.</summary>
    [Fact]
    public async Task A_lease_is_paid_in_the_token_that_wraps_the_chains_own_coin()
    {
        var payer = await priced.Hosted.NewPayerAsync();
        var accounts = new AccountService.AccountServiceClient(priced.Hosted.Channel);
        var topUp = new PrepareTopUpRequest { Payer = Eip55.Format(payer.Address), Token = "AVAXx", SuperTokenAmount = "100000000000000000000" };
        var prepared = await accounts.PrepareTopUpAsync(topUp, cancellationToken: TestContext.Current.CancellationToken);
        await priced.Hosted.SignAsync(payer, Assert.Single(prepared.Transactions));
        var open = priced.Open(payer.Address, Ask.NewId(), "AVAXx", Small);

        var lease = await Leases.OpenLeaseAsync(open);
        var resized = await Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = lease.LeaseId, Price = PricedGateway.PriceOf(("compute_units", "2")), WaitFor = LeaseState.Active });
        var listed = Assert.Single((await accounts.ListTokensAsync(new ListTokensRequest(), cancellationToken: TestContext.Current.CancellationToken)).Tokens, t => t.Symbol == "AVAXx");

        Assert.Equal(TokenKind.NativeWrapper, listed.Kind);
        Assert.Equal("100000000000000000000", prepared.Transactions[0].Value);
        Assert.Equal(["16668657777777", "4167164444444"], lease.Legs.Select(l => l.FlowOnChain));
        // 0.055 AVAX an hour, twice.
        Assert.Equal(("30555555555555", listed.Address), (resized.FlowRate, resized.TokenAddress));
        Assert.Equal(resized.Legs.Select(l => l.FlowRate), resized.Legs.Select(l => l.FlowOnChain));
    }

    [Fact]
    public async Task A_resize_by_resources_follows_the_plan_and_a_named_price_ends_that()
    {
        var id = await OpenAsync(("compute_units", "1"));

        var larger = await Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Price = PricedGateway.PriceOf(("compute_units", "2"), ("storage_mib", "20481")) });
        var named = await Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Price = new Price { FlowRate = "30000000000000" } });
        var back = await Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Price = PricedGateway.PriceOf(("compute_units", "1")), PausedFlowRate = "" });

        Assert.Equal(("30555826944443", "271388888"), (larger.FlowRate, larger.PausedFlowRate));
        Assert.Equal("2", larger.Resources.Quantities["compute_units"]);
        Assert.Equal(("30000000000000", "271388888", ""), (named.FlowRate, named.PausedFlowRate, named.PriceListVersion));
        Assert.Null(named.Resources);
        Assert.Equal((OneUnit, "0", "v1"), (back.FlowRate, back.PausedFlowRate, back.PriceListVersion));
    }

    [Fact]
    public async Task What_a_paused_VM_costs_may_be_named_and_then_stays_as_it_was_named()
    {
        var payer = await priced.Hosted.NewPayerAsync();
        var open = priced.Open(payer.Address, Ask.NewId(), "ALEPH", Small);
        open.PausedFlowRate = "7";

        var lease = await Leases.OpenLeaseAsync(open);
        var larger = await Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = lease.LeaseId, Price = PricedGateway.PriceOf(("compute_units", "1"), ("storage_mib", "90000")) });
        var byPlan = await Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = lease.LeaseId, Price = larger.ToPrice(), PausedFlowRate = "" });

        Assert.Equal(("7", "7", "18866955555555"), (lease.PausedFlowRate, larger.PausedFlowRate, byPlan.PausedFlowRate));
    }

    [Fact]
    public async Task Payees_of_a_lease_may_be_its_own_and_there_may_be_many()
    {
        var payer = await priced.Hosted.NewPayerAsync();
        var open = priced.Open(payer.Address, Ask.NewId(), "ALEPH", ("compute_units", "1"));
        open.Node = "";
        open.Payees.AddRange([Payee(priced.Hosted.World.Chain.Accounts.Payees[1].Address, 333_333), Payee(priced.Hosted.Node, 333_333), Payee(priced.Hosted.Community, 333_334)]);

        var lease = await Leases.OpenLeaseAsync(open);

        // Each is rounded down, and the first payee owns what is left over.
        Assert.Equal(["5092587500001", "5092587499999", "5092602777777"], lease.Legs.Select(l => l.FlowOnChain));
    }

    [Fact]
    public async Task Every_problem_of_resources_is_told_at_once_by_its_field()
    {
        var payer = await priced.Hosted.NewPayerAsync(authorised: false);
        OpenLeaseRequest Of(params (string, string)[] quantities) => priced.Open(payer.Address, Ask.NewId(), "ALEPH", quantities);
        var (unknown, twice, free, payees) = (Of(("compute_units", "1")), Of(("compute_units", "13"), ("gpu", "1"), ("storage_mib", "1.5")), Of(), Of(("compute_units", "1")));
        unknown.Price.Resources.Plan = "castle";
        (twice.VmId, twice.Node) = ("", "");
        payees.Payees.Add(Payee(priced.Hosted.Node, 1_000_000));
        var (self, doubled, above) = (Of(("compute_units", "1")), Of(("compute_units", "1")), Of(("compute_units", "1")));
        (self.Node, doubled.Node, above.PausedFlowRate) = (self.Payer, Eip55.Format(priced.Hosted.Community), "15277777777778");
        var nobody = Of(("compute_units", "1"));
        nobody.Node = "";

        await AssertFieldsAsync(unknown, "price.resources.plan");
        await AssertFieldsAsync(twice, "vm_id", "price.resources.quantities[storage_mib]");
        twice.Price.Resources.Quantities["storage_mib"] = "1";
        await AssertFieldsAsync(twice, "node", "price.resources.quantities[compute_units]", "price.resources.quantities[gpu]", "vm_id");
        await AssertFieldsAsync(free, "price.resources.quantities");
        await AssertFieldsAsync(payees, "node");
        await AssertFieldsAsync(self, "node");
        await AssertFieldsAsync(doubled, "node");
        await AssertFieldsAsync(nobody, "node");
        await AssertFieldsAsync(above, "paused_flow_rate");
    }

    /// <summary>A rate that int96 holds, and a buffer that the agreement does not: no top-up helps.</summary>
    [Fact]
    public async Task A_flow_beyond_the_protocol_is_told_by_the_field_that_asked_for_it()
    {
        var payer = await priced.Hosted.NewPayerAsync(authorised: false);
        var open = priced.Open(payer.Address, Ask.NewId(), "ALEPH", ("storage_mib", "1000000000000000000"));

        var refused = await Ask.RefusedAsync(() => Leases.QuoteLeaseAsync(PricedGateway.QuoteOf(open)));

        Assert.Equal((StatusCode.InvalidArgument, "RATE_TOO_LARGE", "price.resources"), (refused.Code, refused.Info.Reason, Assert.Single(refused.Fields)));
    }

    [Fact]
    public async Task So_is_one_of_a_change_and_nothing_is_changed()
    {
        var id = await OpenAsync(("compute_units", "1"));

        var refused = await Ask.RefusedAsync(() => Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Price = PricedGateway.PriceOf(("gpu", "1"), ("compute_units", "13")) }));
        var lease = await Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id });

        Assert.Equal(StatusCode.InvalidArgument, refused.Code);
        Assert.Equal(["price.resources.quantities[compute_units]", "price.resources.quantities[gpu]"], refused.Fields.Order());
        Assert.Equal(OneUnit, lease.FlowRate);
    }

    [Fact]
    public async Task A_lease_with_a_named_price_takes_the_split_of_the_list_too()
    {
        var payer = await priced.Hosted.NewPayerAsync();
        var open = priced.Open(payer.Address, Ask.NewId());
        open.Price = new Price { FlowRate = "1000" };

        var lease = await Leases.OpenLeaseAsync(open);

        Assert.Equal(["800", "200"], lease.Legs.Select(l => l.FlowOnChain));
        Assert.Equal("", lease.PriceListVersion);
    }

    private async Task AssertFieldsAsync(OpenLeaseRequest open, params string[] fields)
    {
        var refused = await Ask.RefusedAsync(() => Leases.OpenLeaseAsync(open));

        Assert.Equal(StatusCode.InvalidArgument, refused.Code);
        Assert.Equal(fields.Order(), refused.Fields.Order());
    }

    private async Task<string> OpenAsync(params (string, string)[] quantities)
    {
        var payer = await priced.Hosted.NewPayerAsync();
        return (await Leases.OpenLeaseAsync(priced.Open(payer.Address, Ask.NewId(), "ALEPH", quantities))).LeaseId;
    }

    private static Wire.Payee Payee(Domain.Identity.Address address, uint share) => new() { Address = Eip55.Format(address), SharePpm = share, Role = "node" };
}

file static class PricedLease
{
    public static Price ToPrice(this Lease lease) => new() { Resources = lease.Resources };
}
