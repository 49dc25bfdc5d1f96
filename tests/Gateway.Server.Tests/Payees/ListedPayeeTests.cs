using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Pricing;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Payees;

/// <summary>Leases where a directory says who may be paid.</summary>
[Collection(Hosted.Name)]
public sealed class ListedPayeeTests(HostedGateway hosted) : IAsyncLifetime
{
    private readonly PricedGateway _priced = new(hosted);
    private Replica? _gateway;

    private Replica Gateway => _gateway ?? throw new InvalidOperationException("Not started yet.");

    private static Address Stranger { get; } = Address.Parse("0x" + new string('5', 40));

    public async ValueTask InitializeAsync()
    {
        await _priced.InitializeAsync();
        var listing = PriceFiles.Write($$"""{"payees":[{"address":"{{Eip55.Format(hosted.Node)}}","roles":["node"]}]}""");
        _gateway = await _priced.StartAsync(_priced.File, settings: [new("Gateway:PayeeDirectory:Source", listing)]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        await _priced.DisposeAsync();
    }

    [Fact]
    public async Task Who_is_not_listed_is_refused_by_the_field_that_names_him()
    {
        var payer = await hosted.NewPayerAsync(authorised: false);
        var named = Ask.Open(hosted, payer.Address, Ask.NewId());
        var byNode = _priced.Open(payer.Address, Ask.NewId(), "ALEPH", ("compute_units", "1"));
        byNode.Node = Eip55.Format(Stranger);
        var role = Ask.Open(hosted, payer.Address, Ask.NewId());
        role.Payees.RemoveAt(1);
        (role.Payees[0].SharePpm, role.Payees[0].Role) = (1_000_000, "community");

        // The community is named by the request, and listed nowhere.
        await AssertRejectedAsync(named, "payees[1].address", hosted.Community);
        await AssertRejectedAsync(byNode, "node", Stranger);
        await AssertRejectedAsync(role, "payees[0].address", hosted.Node);
        var quote = await Gateway.Leases.QuoteLeaseAsync(PricedGateway.QuoteOf(byNode));
        Assert.Equal((false, Reason.PayeeRejected), (quote.Admitted, quote.Reason));
    }

    [Fact]
    public async Task Who_is_listed_is_paid_and_so_is_whom_the_price_list_names()
    {
        var payer = await hosted.NewPayerAsync();

        var lease = await Gateway.Leases.OpenLeaseAsync(_priced.Open(payer.Address, Ask.NewId(), "ALEPH", ("compute_units", "1")));

        Assert.Equal(LeaseState.Active, lease.State);
    }

    [Fact]
    public async Task A_lease_that_runs_is_left_and_may_be_changed_and_repeated()
    {
        var payer = await hosted.NewPayerAsync();
        var open = Ask.OpenAndWait(hosted, payer.Address, Ask.NewId());
        await hosted.Leases.OpenLeaseAsync(open);

        var raised = await Gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = open.LeaseId, Price = new Price { FlowRate = "20000000000000" } });
        var repeated = await Gateway.Leases.OpenLeaseAsync(open);

        Assert.Equal(("20000000000000", "20000000000000"), (raised.FlowRate, repeated.FlowRate));
    }

    private async Task AssertRejectedAsync(OpenLeaseRequest open, string field, Address payee)
    {
        var refused = await Ask.RefusedAsync(() => Gateway.Leases.OpenLeaseAsync(open));

        Assert.Equal((StatusCode.FailedPrecondition, "REASON_PAYEE_REJECTED"), (refused.Code, refused.Info.Reason));
        Assert.Equal((field, Eip55.Format(payee)), (Assert.Single(refused.Fields), refused.Info.Metadata["payee"]));
    }
}
