using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Leases;

[Collection(Hosted.Name)]
public sealed class CloseLeaseTests(HostedGateway gateway)
{
    [Fact]
    public async Task The_last_lease_of_a_flow_closes_it_and_closing_again_changes_nothing()
    {
        var payer = await gateway.NewPayerAsync();
        var (first, second) = (Ask.NewId(), Ask.NewId());
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, first, "1000"));
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, second, "500"));

        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(first));
        var shared = await gateway.FlowAsync(payer.Address, gateway.Node);
        var closed = await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(second));
        var again = await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(second));

        Assert.Equal(FlowRate.FromWeiPerSecond(400), shared);
        Assert.Equal(FlowRate.Zero, await gateway.FlowAsync(payer.Address, gateway.Node));
        Assert.Equal((LeaseState.Closed, Execution.Terminate, Reason.ClosedByScheduler), (closed.State, closed.Execution, closed.Reason));
        Assert.Equal(closed, again);
    }

    [Fact]
    public async Task A_lease_that_is_not_there_is_not_found_while_nothing_flows_without_a_name()
    {
        var refused = await Ask.RefusedAsync(() => gateway.Leases.CloseLeaseAsync(new CloseLeaseRequest { LeaseId = "nobody" }));

        Assert.Equal((StatusCode.NotFound, "LEASE_NOT_FOUND", "nobody"), (refused.Code, refused.Info.Reason, refused.Info.Metadata["lease_id"]));
    }

    [Fact]
    public async Task A_lease_ends_when_its_VM_did_and_the_meter_with_it()
    {
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId();
        var request = Ask.Open(gateway, payer.Address, id, "1000");
        var start = TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1);
        request.StartsAt = Timestamp.FromDateTimeOffset(start);
        await gateway.Leases.OpenLeaseAsync(request);
        await gateway.Leases.ReportExecutionAsync(new ReportExecutionRequest { LeaseId = id, Execution = Execution.Run, At = request.StartsAt });

        var close = Ask.CloseAndWait(id);
        close.EndedAt = Timestamp.FromDateTimeOffset(start.AddMilliseconds(90_500));
        var closed = await gateway.Leases.CloseLeaseAsync(close);

        Assert.Equal(close.EndedAt, closed.ClosedAt);
        Assert.Equal(TimeSpan.FromMilliseconds(90_500), closed.RunningTime.ToTimeSpan());
        Assert.Equal("90500", closed.AmountUsed);
    }

    [Fact]
    public async Task A_lease_cannot_end_before_it_began()
    {
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId();
        var opened = await gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, payer.Address, id));
        var before = Timestamp.FromDateTimeOffset(opened.OpenedAt.ToDateTimeOffset() - TimeSpan.FromMilliseconds(1));

        var refused = await Ask.RefusedAsync(() => gateway.Leases.CloseLeaseAsync(new CloseLeaseRequest { LeaseId = id, EndedAt = before }));

        Assert.Equal((StatusCode.InvalidArgument, "ended_at"), (refused.Code, Assert.Single(refused.Fields)));
    }

    [Fact]
    public async Task A_lease_that_is_closed_while_it_opens_leaves_no_flow()
    {
        var payer = await gateway.NewPayerAsync();
        var (hasty, next) = (Ask.NewId(), Ask.NewId());
        await gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, payer.Address, hasty));

        var closed = await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(hasty));
        // Whatever was under way for the hasty one has come to its end when the next one has.
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, next));
        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(next));

        Assert.Equal(LeaseState.Closed, closed.State);
        Assert.Equal(FlowRate.Zero, await gateway.FlowAsync(payer.Address, gateway.Node));
        Assert.Equal(FlowRate.Zero, await gateway.FlowAsync(payer.Address, gateway.Community));
    }

    [Fact]
    public async Task A_lease_that_is_not_there_is_not_found() =>
        Assert.Equal(StatusCode.NotFound, (await Ask.RefusedAsync(() => gateway.Leases.CloseLeaseAsync(new CloseLeaseRequest { LeaseId = "nobody" }))).Code);
}
