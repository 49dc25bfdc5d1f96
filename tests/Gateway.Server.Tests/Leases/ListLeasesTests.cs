using Gateway.Chain.Signing;
using Gateway.Server.Tests.Hosting;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Leases;

[Collection(Hosted.Name)]
public sealed class ListLeasesTests(HostedGateway gateway)
{
    [Fact]
    public async Task Pages_hold_each_lease_that_matches_once()
    {
        var payer = await gateway.NewPayerAsync();
        var ids = await OpenAsync(payer.Address, 5);
        var request = new ListLeasesRequest { Payer = Eip55.Format(payer.Address), PageSize = 2 };
        var found = new List<string>();
        do
        {
            var page = await gateway.Leases.ListLeasesAsync(request);
            Assert.True(page.Leases.Count <= 2);
            found.AddRange(page.Leases.Select(l => l.LeaseId));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(ids.Order(), found.Order());
    }

    [Fact]
    public async Task Filters_restrict_each_by_itself_and_together()
    {
        var payer = await gateway.NewPayerAsync();
        var ids = await OpenAsync(payer.Address, 3);
        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(ids[0]));
        var of = Eip55.Format(payer.Address);

        Assert.Equal([ids[0]], await IdsAsync(new ListLeasesRequest { Payer = of, States = { LeaseState.Closed } }));
        Assert.Equal([ids[1]], await IdsAsync(new ListLeasesRequest { Payer = of, Labels = { ["n"] = "1" } }));
        Assert.Equal(ids.Order(), await IdsAsync(new ListLeasesRequest { Payer = of, Token = "ALEPH", Payee = Eip55.Format(gateway.Node) }));
        Assert.Empty(await IdsAsync(new ListLeasesRequest { Payer = of, Token = "USDCx" }));
        Assert.Empty(await IdsAsync(new ListLeasesRequest { Payer = of, Payee = of }));
        Assert.Empty(await IdsAsync(new ListLeasesRequest { Payer = of, Labels = { ["n"] = "1", ["m"] = "1" } }));
    }

    private async Task<List<string>> OpenAsync(Domain.Identity.Address payer, int count, [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var request = Ask.Open(gateway, payer, Ask.NewId(test), "1000");
            request.Labels.Add("n", $"{i}");
            ids.Add((await gateway.Leases.OpenLeaseAsync(request)).LeaseId);
        }

        return ids;
    }

    private async Task<IEnumerable<string>> IdsAsync(ListLeasesRequest request) => (await gateway.Leases.ListLeasesAsync(request)).Leases.Select(l => l.LeaseId).Order();
}
