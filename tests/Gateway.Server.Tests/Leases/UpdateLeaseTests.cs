using System.Globalization;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Leases;

[Collection(Hosted.Name)]
public sealed class UpdateLeaseTests(HostedGateway gateway)
{
    [Theory]
    [InlineData("2000")]
    [InlineData("500")]
    public async Task A_new_price_is_paid_to_the_wei(string rate)
    {
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId();
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000"));

        var lease = await gateway.Leases.UpdateLeaseAsync(To(id, rate));

        Assert.Equal((LeaseState.Active, rate), (lease.State, lease.FlowRate));
        Assert.Equal(lease.Legs.Select(l => l.FlowRate), lease.Legs.Select(l => l.FlowOnChain));
        Assert.Equal(FlowRate.FromWeiPerSecond(long.Parse(rate, CultureInfo.InvariantCulture) * 8 / 10), await gateway.FlowAsync(payer.Address, gateway.Node));
    }

    [Fact]
    public async Task What_is_not_named_stays_and_what_changes_nothing_changes_no_version()
    {
        var (id, opened) = await OpenAsync();

        var raised = await gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Priority = 9, PausedFlowRate = "3" });
        var repeated = await gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Priority = 9, PausedFlowRate = "3", Price = new Price { FlowRate = "1000" } });
        var nothing = await gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id });

        Assert.Equal((9, "3", "1000", LeaseState.Active), (raised.Priority, raised.PausedFlowRate, raised.FlowRate, raised.State));
        Assert.Equal(opened.Version + 1, raised.Version);
        Assert.Equal((raised.Version, raised.Version), (repeated.Version, nothing.Version));
    }

    [Fact]
    public async Task A_change_for_another_version_is_not_made()
    {
        var (id, opened) = await OpenAsync();

        var refused = await Ask.RefusedAsync(() => gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Priority = 1, Version = opened.Version + 7 }));
        var made = await gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Priority = 2, Version = opened.Version });

        Assert.Equal((StatusCode.Aborted, "VERSION_CONFLICT"), (refused.Code, refused.Info.Reason));
        Assert.Equal(opened.Version.ToString(CultureInfo.InvariantCulture), refused.Info.Metadata["present"]);
        Assert.Equal(2, made.Priority);
    }

    [Fact]
    public async Task What_does_not_fit_the_lease_is_told_by_its_field()
    {
        var (id, opened) = await OpenAsync();
        await gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, PausedFlowRate = "900" });
        var before = Timestamp.FromDateTimeOffset(opened.OpenedAt.ToDateTimeOffset() - TimeSpan.FromSeconds(1));

        var paused = await Ask.RefusedAsync(() => gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, PausedFlowRate = "1001" }));
        var lowered = await Ask.RefusedAsync(() => gateway.Leases.UpdateLeaseAsync(To(id, "899")));
        var early = await Ask.RefusedAsync(() => gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Priority = 1, EffectiveAt = before }));

        Assert.Equal((StatusCode.InvalidArgument, "paused_flow_rate"), (paused.Code, Assert.Single(paused.Fields)));
        Assert.Equal((StatusCode.InvalidArgument, "price.flow_rate"), (lowered.Code, Assert.Single(lowered.Fields)));
        Assert.Equal((StatusCode.InvalidArgument, "effective_at"), (early.Code, Assert.Single(early.Fields)));
    }

    [Fact]
    public async Task A_raise_needs_the_payers_permission_and_a_lower_price_does_not()
    {
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId();
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000"));
        await gateway.GrantAsync(payer, FlowPermissions.Delete, FlowRate.Zero);

        var refused = await Ask.RefusedAsync(() => gateway.Leases.UpdateLeaseAsync(To(id, "2000")));
        var lowered = await gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Price = new Price { FlowRate = "900" } });

        Assert.Equal((StatusCode.FailedPrecondition, "REASON_PERMISSION_REVOKED", "update"), (refused.Code, refused.Info.Reason, refused.Info.Metadata["required"]));
        Assert.Equal("900", lowered.FlowRate);
    }

    [Fact]
    public async Task A_lease_that_has_ended_is_not_changed_any_more()
    {
        var (id, _) = await OpenAsync();
        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(id));

        var refused = await Ask.RefusedAsync(() => gateway.Leases.UpdateLeaseAsync(To(id, "2000")));

        Assert.Equal((StatusCode.FailedPrecondition, "REASON_CLOSED_BY_SCHEDULER", "LEASE_STATE_CLOSED"), (refused.Code, refused.Info.Reason, refused.Info.Metadata["state"]));
    }

    [Fact]
    public async Task A_lease_that_is_not_there_is_not_found()
    {
        var refused = await Ask.RefusedAsync(() => gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = "nobody" }));

        Assert.Equal((StatusCode.NotFound, "LEASE_NOT_FOUND", "nobody"), (refused.Code, refused.Info.Reason, refused.Info.Metadata["lease_id"]));
    }

    private async Task<(string Id, Lease Lease)> OpenAsync([System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId(test);
        return (id, await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000")));
    }

    private static UpdateLeaseRequest To(string id, string rate) => new()
    {
        LeaseId = id,
        Price = new Price { FlowRate = rate },
        WaitFor = LeaseState.Active,
        WaitAtMost = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)),
    };
}
