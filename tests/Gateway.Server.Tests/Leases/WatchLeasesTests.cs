using Gateway.Chain.Signing;
using Gateway.Server.Tests.Hosting;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Leases;

[Collection(Hosted.Name)]
public sealed class WatchLeasesTests(HostedGateway gateway)
{
    [Fact]
    public async Task A_snapshot_comes_first_and_then_each_change_in_order()
    {
        var payer = await gateway.NewPayerAsync();
        var (there, later) = (Ask.NewId(), Ask.NewId());
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, there, "1000"));
        using var watch = gateway.Leases.WatchLeases(new ListLeasesRequest { Payer = Eip55.Format(payer.Address) });

        var snapshot = await watch.NextAsync(_ => true);
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, later, "1000"));
        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(later));
        var seen = new List<Lease>();
        await watch.NextAsync(l =>
        {
            seen.Add(l);
            return l.LeaseId == later && l.State == LeaseState.Closed;
        });

        Assert.Equal((there, LeaseState.Active), (snapshot.LeaseId, snapshot.State));
        var changes = seen.Where(l => l.LeaseId == later).ToList();
        Assert.Equal([LeaseState.Opening, LeaseState.Active, LeaseState.Closing, LeaseState.Closed], changes.Select(l => l.State).Distinct());
        Assert.Equal(changes.Select(l => l.Version).Distinct().Order(), changes.Select(l => l.Version));
    }

    [Fact]
    public async Task A_lease_that_matches_no_more_is_told_once()
    {
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId();
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000"));
        using var watch = gateway.Leases.WatchLeases(new ListLeasesRequest { Payer = Eip55.Format(payer.Address), States = { LeaseState.Active } });
        await watch.NextAsync(l => l.State == LeaseState.Active);

        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(id));
        var left = await watch.NextAsync(_ => true);
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, Ask.NewId(), "1000"));
        var next = await watch.NextAsync(_ => true);

        Assert.Equal((id, LeaseState.Closing), (left.LeaseId, left.State));
        Assert.NotEqual(id, next.LeaseId);
    }
}
