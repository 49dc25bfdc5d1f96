using Gateway.Chain.Signing;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Hosting;

[Collection(Hosted.Name)]
public sealed class ReplicaTests(HostedGateway gateway)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_replica_changes_the_other_tells_its_watchers()
    {
        var payer = await gateway.NewPayerAsync();
        await using var other = await gateway.StartReplicaAsync();
        using var watch = other.Leases.WatchLeases(new ListLeasesRequest { Payer = Eip55.Format(payer.Address) });
        var (first, second) = (Ask.NewId(), Ask.NewId());
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, first, "1000"));
        // The first may still have come with the snapshot.
        await watch.NextAsync(l => l.LeaseId == first && l.State == LeaseState.Active);

        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, second, "1000"));
        var heard = await watch.NextAsync(l => l.LeaseId == second && l.State == LeaseState.Active);

        Assert.Equal(Execution.Run, heard.Execution);
    }

    [Fact]
    public async Task Sixty_four_identical_requests_to_two_replicas_open_one_lease()
    {
        var payer = await gateway.NewPayerAsync();
        await using var other = await gateway.StartReplicaAsync();
        var request = Ask.OpenAndWait(gateway, payer.Address, Ask.NewId(), "1000");

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(i => (i % 2 == 0 ? gateway.Leases : other.Leases).OpenLeaseAsync(request)));

        Assert.Single(answers.Select(a => a.OpenedAt).Distinct());
        Assert.Equal(Domain.Money.FlowRate.FromWeiPerSecond(800), await gateway.FlowAsync(payer.Address, gateway.Node));
    }

    [Fact]
    public async Task Streams_end_cleanly_when_their_gateway_stops()
    {
        var other = await gateway.StartReplicaAsync();
        using var leases = other.Leases.WatchLeases(new ListLeasesRequest { Labels = { ["nobody"] = "has" } });
        using var directives = other.Leases.WatchDirectives(new WatchDirectivesRequest { Follow = true });
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId();
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000"));
        await directives.NextAsync(d => d.LeaseId == id);
        // A state that does not come: the call would be held for a minute.
        var open = Ask.OpenAndWait(gateway, payer.Address, id, "1000");
        open.WaitFor = LeaseState.Paused;
        var held = other.Leases.OpenLeaseAsync(open);
        // On the same connection: once this is answered, the one before it has arrived.
        await other.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id });

        var stopping = other.StopAsync();

        Assert.Equal((id, LeaseState.Active), ((await held).LeaseId, (await held).State));
        await leases.ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation);
        await directives.ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation);
        Assert.Equal((StatusCode.OK, StatusCode.OK), (leases.GetStatus().StatusCode, directives.GetStatus().StatusCode));
        await stopping;
        await other.DisposeAsync();
    }
}
