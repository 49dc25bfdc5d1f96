using Gateway.Server.Tests.Hosting;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Pricing.Usd;

/// <summary>Leases that a list prices in dollars, over gRPC: an old worth begins nothing, and touches nothing that runs.</summary>
[Collection(Hosted.Name)]
public sealed class DollarLeaseTests(HostedGateway hosted) : IAsyncLifetime
{
    private const string List = """{"version":"usd-1","plans":{"instance":{"components":{"compute_units":{"usd_per_hour":"0.01425"},"storage_mib":{"usd_per_hour":"0.001","while_paused":true}}}}}""";

    private readonly PricedGateway _priced = new(hosted);
    private Feed? _feed;
    private Replica? _gateway;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Feed Feed => _feed ?? throw new InvalidOperationException("Not started yet.");

    private Replica Gateway => _gateway ?? throw new InvalidOperationException("Not started yet.");

    public async ValueTask InitializeAsync()
    {
        await _priced.InitializeAsync();
        _feed = await Feed.StartAsync("""{"usd":"0.26"}""", Cancellation);
        // Asked only by hand here: the age that counts is that of what was believed.
        _gateway = await _priced.StartAsync(
            PriceFiles.Write(List),
            settings: [new("Gateway:Prices:Usd:ALEPH:Location", _feed.Url), new("Gateway:Prices:Usd:ALEPH:Pointer", "/usd"), new("Gateway:Prices:Usd:USDCx:Fixed", "1")]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        if (_feed is not null)
            await _feed.DisposeAsync();
        await _priced.DisposeAsync();
    }

    [Fact]
    public async Task Dollars_are_paid_in_each_token_by_what_it_is_worth()
    {
        var aleph = await Gateway.Leases.OpenLeaseAsync(await OpenAsync("ALEPH"));
        var usdcx = await Gateway.Leases.OpenLeaseAsync(await OpenAsync("USDCx"));
        var none = await Ask.RefusedAsync(async () => await Gateway.Leases.OpenLeaseAsync(await OpenAsync("AVAXx")));
        Feed.Body = """{"usd":"0.52"}""";
        await Gateway.Operations.ReloadPricesAsync();
        var running = await Gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = aleph.LeaseId });
        var quote = await Gateway.Leases.QuoteLeaseAsync(PricedGateway.QuoteOf(await OpenAsync("ALEPH")));

        Assert.Equal(("15224358974358", "usd-1"), (aleph.FlowRate, aleph.PriceListVersion));
        Assert.Equal("3958333333333", usdcx.FlowRate);
        Assert.Equal((StatusCode.InvalidArgument, "price.resources.quantities[compute_units]"), (none.Code, Assert.Single(none.Fields)));
        // Twice the worth, half the wei, and what runs keeps its price.
        Assert.Equal(("15224358974358", "7612179487179"), (running.FlowRate, quote.FlowRate));
    }

    [Fact]
    public async Task A_worth_that_is_not_known_begins_nothing_and_leaves_what_runs()
    {
        await using var blind = await _priced.StartAsync(
            PriceFiles.Write(List), settings: [new("Gateway:Prices:Usd:ALEPH:Location", "/nowhere/usd.json"), new("Gateway:Prices:Usd:USDCx:Fixed", "1")]);
        var open = await OpenAsync("ALEPH");
        var lease = await Gateway.Leases.OpenLeaseAsync(open);

        var refused = await Ask.RefusedAsync(async () => await blind.Leases.OpenLeaseAsync(await OpenAsync("ALEPH")));
        var quoted = await Ask.RefusedAsync(() => blind.Leases.QuoteLeaseAsync(PricedGateway.QuoteOf(open)));
        var larger = await Ask.RefusedAsync(() => blind.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = lease.LeaseId, Price = PricedGateway.PriceOf(("compute_units", "2")) }));
        var repeated = await blind.Leases.OpenLeaseAsync(open);
        var named = await blind.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = lease.LeaseId, Price = new Price { FlowRate = "16000000000000" } });
        var usdcx = await blind.Leases.OpenLeaseAsync(await OpenAsync("USDCx"));
        using var http = new HttpClient(new SocketsHttpHandler(), disposeHandler: true);
        var ready = await http.GetStringAsync(new Uri(blind.HttpUrl, "readyz"), Cancellation);
        var listed = (await blind.Operations.ListBreakersAsync(new ListBreakersRequest())).Dependencies;

        Assert.All([refused, quoted, larger], r => Assert.Equal((StatusCode.Unavailable, "PRICE_STALE", "prices:ALEPH"), (r.Code, r.Info.Reason, r.Info.Metadata["dependency"])));
        Assert.All([refused, quoted, larger], r => Assert.NotNull(r.Retry));
        Assert.Equal(("15224358974358", LeaseState.Active), (repeated.FlowRate, repeated.State));
        Assert.Equal(("16000000000000", LeaseState.Active), (named.FlowRate, usdcx.State));
        Assert.Contains("prices: Degraded. What ALEPH is worth in dollars is not known yet.", ready, StringComparison.Ordinal);
        Assert.Equal(BreakerState.Open, Assert.Single(listed, d => d.Name == "prices:ALEPH").Breaker.State);
        Assert.Equal(BreakerState.Closed, Assert.Single(listed, d => d.Name == "prices:USDCx").Breaker.State);
    }

    /// <summary>The feed fell silent: what it said last is too old to begin anything by.</summary>
    [Fact]
    public async Task By_a_worth_that_is_too_old_a_lease_may_become_cheaper_and_nothing_else()
    {
        await using var deaf = await _priced.StartAsync(
            PriceFiles.Write(List.Replace("usd-1", "usd-2", StringComparison.Ordinal)),
            settings:
            [
                new("Gateway:Prices:Usd:ALEPH:Location", Feed.Url),
                new("Gateway:Prices:Usd:ALEPH:Pointer", "/usd"),
                new("Gateway:Prices:Usd:ALEPH:StaleAfter", "00:00:01"),
                new("Gateway:Prices:Usd:ALEPH:RefreshInterval", "00:00:01"),
                new("Gateway:Prices:Usd:USDCx:Fixed", "1"),
            ]);
        var open = await OpenAsync("ALEPH");
        open.Price = PricedGateway.PriceOf(("compute_units", "2"));
        var lease = await Gateway.Leases.OpenLeaseAsync(open);
        Feed.Status = 503;
        var refused = await StaleAsync(deaf, PricedGateway.QuoteOf(open));

        var larger = await Ask.RefusedAsync(() => deaf.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = lease.LeaseId, Price = PricedGateway.PriceOf(("compute_units", "3")) }));
        // Cheaper while it runs, and dearer while it is paused.
        var shifted = await Ask.RefusedAsync(() => deaf.Leases.UpdateLeaseAsync(
            new UpdateLeaseRequest { LeaseId = lease.LeaseId, Price = PricedGateway.PriceOf(("compute_units", "1"), ("storage_mib", "5")) }));
        var half = await deaf.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = lease.LeaseId, Price = PricedGateway.PriceOf(("compute_units", "1")) });
        using var call = deaf.Operations.RepriceLeases(new RepriceLeasesRequest { DryRun = true });
        var told = await call.ResponseStream.ReadAllAsync(Cancellation).SelectMany(m => m.Leases).Where(l => l.LeaseId == half.LeaseId).ToListAsync(Cancellation);

        Assert.All([refused, larger, shifted], r => Assert.Equal((StatusCode.Unavailable, "PRICE_STALE"), (r.Code, r.Info.Reason)));
        Assert.Equal(("30448717948717", "15224358974358", "usd-2"), (lease.FlowRate, half.FlowRate, half.PriceListVersion));
        Assert.Empty(told);
    }

    /// <summary>Asks until the last worth is too old.</summary>
    private static async Task<Refused> StaleAsync(Replica gateway, QuoteLeaseRequest quote)
    {
        for (var isFresh = true; isFresh;)
        {
            try
            {
                await gateway.Leases.QuoteLeaseAsync(quote);
            }
            catch (RpcException)
            {
                isFresh = false;
            }
        }

        return await Ask.RefusedAsync(() => gateway.Leases.QuoteLeaseAsync(quote));
    }

    private async Task<OpenLeaseRequest> OpenAsync(string token)
    {
        var payer = await hosted.NewPayerAsync();
        var open = _priced.Open(payer.Address, Ask.NewId("dollars"), token, ("compute_units", "1"));
        open.Node = "";
        open.Payees.AddRange(Ask.Open(hosted, payer.Address, "any").Payees);
        return open;
    }
}
