using System.Net;
using Gateway.Devnet.Parts;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Hosting;

/// <summary>A replica that never saw the chain, beside one that does.</summary>
[Collection(Hosted.Name)]
public sealed class ChainOutageTests(HostedGateway gateway)
{
    [Fact]
    public async Task Without_the_chain_new_promises_wait_and_everything_else_goes_on()
    {
        var payer = await gateway.NewPayerAsync();
        var (id, refusedId) = (Ask.NewId(), Ask.NewId());
        var request = Ask.Open(gateway, payer.Address, id, "1000");
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000"));
        // Nobody listens there.
        await using var blind = await gateway.StartReplicaAsync(
            new("Gateway:Chain:Endpoints:0:Url", $"http://127.0.0.1:{FreePorts.Any()}"), new("Gateway:Chain:Endpoints:0:WebSocketUrl", null));

        var refused = await Ask.RefusedAsync(() => blind.Leases.OpenLeaseAsync(Ask.Open(gateway, payer.Address, refusedId, "1000")));
        var raised = await Ask.RefusedAsync(() => blind.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Price = new Price { FlowRate = "2000" } }));
        var malformed = await Ask.RefusedAsync(() => blind.Leases.OpenLeaseAsync(new OpenLeaseRequest()));
        var repeated = await blind.Leases.OpenLeaseAsync(request);
        var lowered = await blind.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Price = new Price { FlowRate = "900" } });
        var reported = await blind.Leases.ReportExecutionAsync(
            new ReportExecutionRequest { LeaseId = id, Execution = Execution.Run, At = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()) });
        var closed = await blind.Leases.CloseLeaseAsync(Ask.CloseAndWait(id));

        Assert.Equal((StatusCode.Unavailable, "REASON_CHAIN_UNREACHABLE"), (refused.Code, refused.Info.Reason));
        Assert.NotNull(refused.Retry);
        Assert.Equal((StatusCode.Unavailable, "REASON_CHAIN_UNREACHABLE"), (raised.Code, raised.Info.Reason));
        Assert.Equal(StatusCode.InvalidArgument, malformed.Code);
        Assert.Equal((id, "900", id), (repeated.LeaseId, lowered.FlowRate, reported.LeaseId));
        // The other replica settles it.
        Assert.Equal(LeaseState.Closed, closed.State);
        await IsDegradedAsync(blind);
    }

    private static async Task IsDegradedAsync(Replica blind)
    {
        using var http = new HttpClient(new SocketsHttpHandler(), disposeHandler: true);
        using var ready = await http.GetAsync(new Uri(blind.HttpUrl, "readyz"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.StartsWith("Degraded", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
