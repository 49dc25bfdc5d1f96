using Gateway.Devnet.Accounts;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Rebuilding;

/// <summary>Leases that share a flow with so many that only their number is in the journal, over gRPC. What is lost is everybody's: a host of their own.</summary>
public sealed class NamelessLeasesTests(HostedGateway gateway) : IClassFixture<HostedGateway>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_call_says_of_a_lease_that_it_does_not_exist_while_it_may_be_paid_without_a_name_and_all_do_once_each_has_come_back()
    {
        var payer = await gateway.NewPayerAsync();
        string[] ids = [.. Enumerable.Range(0, 6).Select(i => $"{new string('z', 60)}-{i}")];
        foreach (var id in ids)
            await OpenAsync(payer, id);
        await gateway.LoseRedisAsync();
        await UntilReadAsync(ids[0]);

        var refusals = await RefusalsAsync(ids[0]);
        foreach (var id in ids)
            await OpenAsync(payer, id);
        var afterwards = await RefusalsAsync("never-there");

        Assert.All(refusals, r => Assert.Equal((StatusCode.FailedPrecondition, "LEASE_MAY_BE_LOST"), (r.Code, r.Info.Reason)));
        Assert.All(afterwards, r => Assert.Equal((StatusCode.NotFound, "LEASE_NOT_FOUND"), (r.Code, r.Info.Reason)));
        Assert.Equal(7, afterwards.Length);
        Assert.Equal(LeaseState.Active, (await gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = ids[0] })).State);
    }

    /// <summary>What each call that names a lease says of it.</summary>
    private async Task<Refused[]> RefusalsAsync(string id) =>
    [
        await Ask.RefusedAsync(() => gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id })),
        await Ask.RefusedAsync(() => gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Price = new Price { FlowRate = "1" } })),
        await Ask.RefusedAsync(() => gateway.Leases.CloseLeaseAsync(new CloseLeaseRequest { LeaseId = id })),
        await Ask.RefusedAsync(() => gateway.Leases.ReportExecutionAsync(
            new ReportExecutionRequest { LeaseId = id, Execution = Execution.Pause, At = TimeProvider.System.GetUtcNow().ToTimestamp() })),
        await Ask.RefusedAsync(() => gateway.Operations.ExplainLeaseAsync(new GetLeaseRequest { LeaseId = id })),
        await Ask.RefusedAsync(() => gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id })),
        await Ask.RefusedAsync(() => gateway.Operations.ReleaseLeaseAsync(new ReleaseLeaseRequest { LeaseId = id })),
    ];

    private Task<Lease> OpenAsync(DevAccount payer, string id) => gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000000000"));

    /// <summary>As a scheduler does that is told to come again: the lane has to be quiet for half a minute first.</summary>
    private async Task UntilReadAsync(string id)
    {
        while (true)
        {
            var refused = await Ask.RefusedAsync(() => gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id }));
            if (refused.Code != StatusCode.Unavailable)
                return;
        }
    }
}
