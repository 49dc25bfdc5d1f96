using System.Text.RegularExpressions;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Cli;
using Gateway.Server.Tests.Hosting;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Pricing;

/// <summary>Running leases get the price of a new list, by hand. Every lease of the Redis is looked at, so it is one of its own.</summary>
public sealed class RepriceTests(HostedGateway hosted) : IClassFixture<HostedGateway>, IAsyncLifetime
{
    private readonly PricedGateway _priced = new(hosted);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Replica Gateway => _priced.Gateway;

    public ValueTask InitializeAsync() => _priced.InitializeAsync();

    public ValueTask DisposeAsync() => _priced.DisposeAsync();

    [Fact]
    public async Task Leases_of_an_older_list_get_the_new_price_and_what_cannot_is_told_and_holds_up_no_other()
    {
        var (aleph, usdcx, poor) = (await OpenAsync("ALEPH"), await OpenAsync("USDCx"), await OpenAsync("ALEPH"));
        var kept = await OpenAsync("ALEPH", pausedRate: "7");
        var named = await Gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = (await OpenAsync("ALEPH")).Lease.LeaseId, Price = new Price { FlowRate = "1000000000" } });
        await hosted.GrantAsync(poor.Payer, FlowPermissions.Delete, FlowRate.Zero);
        var idle = await RunAsync(dryRun: false);
        await File.WriteAllTextAsync(_priced.File, _priced.List("v2", "0.11"), Cancellation);
        await Gateway.Operations.ReloadPricesAsync();

        var preview = await RunAsync(dryRun: true);
        var untouched = await Gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = aleph.Lease.LeaseId });
        var done = await RunAsync(dryRun: false);
        var again = await RunAsync(dryRun: false);

        Assert.Equal((0UL, 0UL), (idle.Last.Done, idle.Last.Failed));
        // Without asking the chain nobody knows that one of them will be refused.
        Assert.Equal((4UL, 0UL, "v2"), (preview.Last.Done, preview.Last.Failed, preview.Last.Version));
        Assert.Equal(("15277777777777", "v1"), (untouched.FlowRate, untouched.PriceListVersion));
        Assert.Equal((3UL, 1UL), (done.Last.Done, done.Last.Failed));
        Assert.Equal((0UL, 1UL), (again.Last.Done, again.Last.Failed));
        Assert.True(done.Messages.Count >= 3, "batches of two");
        Assert.Equal(done.Last.Examined, done.Last.Total);
        Assert.Equal(
            ["ALEPH 2 30555555555554 61111111111110", "USDCx 1 15277777777777 30555555555555"],
            done.Last.Totals.Select(t => $"{t.Token} {t.Leases} {t.FlowRateBefore} {t.FlowRateAfter}").Order());
        var failed = Assert.Single(done.Leases, l => l.Reason.Length > 0);
        Assert.Equal((poor.Lease.LeaseId, "REASON_PERMISSION_REVOKED", "15277777777777"), (failed.LeaseId, failed.Reason, failed.FlowRateAfter));
        foreach (var lease in new[] { aleph.Lease, usdcx.Lease, kept.Lease })
        {
            var after = await PaidAsync(lease.LeaseId);
            Assert.Equal(("30555555555555", "v2"), (after.FlowRate, after.PriceListVersion));
            Assert.Equal(lease.PausedFlowRate, after.PausedFlowRate);
            Assert.Equal(after.Legs.Select(l => l.FlowRate), after.Legs.Select(l => l.FlowOnChain));
        }

        Assert.Equal("1000000000", (await Gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = named.LeaseId })).FlowRate);
        Assert.Equal("15277777777777", (await Gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = poor.Lease.LeaseId })).FlowRate);
        await CloseAsync(aleph.Lease, usdcx.Lease, poor.Lease, kept.Lease, named);
    }

    [Fact]
    public async Task The_verb_shows_what_would_change_and_then_changes_it()
    {
        var (lease, _) = await OpenAsync("ALEPH");
        await File.WriteAllTextAsync(_priced.File, _priced.List("v2", "0.11"), Cancellation);

        var reloaded = await VerbProcess.RunAsync(Gateway.GrpcUri, "prices", "reload");
        var asked = await VerbProcess.RunAsync(Gateway.GrpcUri, "prices", "reprice", "--dry-run", "--plan", "instance");
        var done = await VerbProcess.RunAsync(Gateway.GrpcUri, "prices", "reprice", "--batch", "1");
        var json = await VerbProcess.RunAsync(Gateway.GrpcUri, "prices", "reprice", "--json");
        var unknown = await VerbProcess.RunAsync(Gateway.GrpcUri, "prices", "reprice", "--plan", "castle");
        await File.WriteAllTextAsync(_priced.File, "{}", Cancellation);
        var rejected = await VerbProcess.RunAsync(Gateway.GrpcUri, "prices", "reload");
        var shown = await VerbProcess.RunAsync(Gateway.GrpcUri, "prices", "show");

        Assert.Equal((0, 0, 0, 0, 1, 1, 0), (reloaded.ExitCode, asked.ExitCode, done.ExitCode, json.ExitCode, unknown.ExitCode, rejected.ExitCode, shown.ExitCode));
        Assert.Contains("price list v2 is in force, newly: instance", reloaded.Output, StringComparison.Ordinal);
        Assert.Matches($@"(?m)^{Regex.Escape(lease.LeaseId)} +ALEPH +instance +v1 +15277777777777 +30555555555555 +0 +0\r?$", asked.Output);
        Assert.Contains("1 leases would get the price of list v2, 0 would not", asked.Output, StringComparison.Ordinal);
        Assert.Contains("1 leases have the price of list v2, 0 do not", done.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^\[#{30}\] (\d+) of \1 looked at, 1 repriced, 0 failed\r?$", done.Errors);
        Assert.Contains("\"version\": \"v2\"", json.Output, StringComparison.Ordinal);
        Assert.Contains("is not a plan of price list v2", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("its file is not used: version: is required.", rejected.Output, StringComparison.Ordinal);
        Assert.Contains("price list v2 is in force", shown.Output, StringComparison.Ordinal);
        Assert.Equal("30555555555555", (await PaidAsync(lease.LeaseId)).FlowRate);
        await CloseAsync(lease);
    }

    /// <summary>Whoever asked is gone after the first batch, and so is the gateway: what was changed is changed, and the same command goes on from there.</summary>
    [Fact]
    public async Task A_repricing_that_was_broken_off_goes_on_where_it_was()
    {
        List<Lease> leases = [];
        var payer = await hosted.NewPayerAsync();
        for (var i = 0; i < 30; i++)
        {
            var open = _priced.Open(payer.Address, Ask.NewId("reprice"), "ALEPH", ("compute_units", "1"));
            open.WaitFor = LeaseState.Unspecified;
            leases.Add(await Gateway.Leases.OpenLeaseAsync(open));
        }

        await File.WriteAllTextAsync(_priced.File, _priced.List("v2", "0.11"), Cancellation);
        await using (var dying = await _priced.StartAsync(_priced.File))
        {
            using var call = dying.Operations.RepriceLeases(new RepriceLeasesRequest { Batch = 1 });
            Assert.True(await call.ResponseStream.MoveNext(Cancellation));
            call.Dispose();
            await dying.StopAsync();
        }

        var half = await VersionsAsync();
        await Gateway.Operations.ReloadPricesAsync();
        var rest = await RunAsync(dryRun: false);

        Assert.Equal(["v1", "v2"], half.Distinct().Order());
        Assert.Equal((0UL, (ulong)half.Count(v => v == "v1")), (rest.Last.Failed, rest.Last.Done));
        Assert.All(await VersionsAsync(), v => Assert.Equal("v2", v));
        foreach (var lease in leases)
            await PaidAsync(lease.LeaseId);
        Assert.Equal(["733333333333320", "183333333333330"], (await PaidAsync(leases[0].LeaseId)).Legs.Select(l => l.FlowOnChain));
        await CloseAsync([.. leases]);

        async Task<List<string>> VersionsAsync()
        {
            List<string> versions = [];
            foreach (var lease in leases)
                versions.Add((await Gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = lease.LeaseId })).PriceListVersion);
            return versions;
        }
    }

    [Fact]
    public async Task A_lease_that_was_lost_with_Redis_keeps_its_price_under_a_new_list_until_it_is_repriced()
    {
        var payer = await hosted.NewPayerAsync();
        var open = _priced.Open(payer.Address, Ask.NewId("reprice"), "ALEPH", ("compute_units", "1"));
        await Gateway.Leases.OpenLeaseAsync(open);
        await File.WriteAllTextAsync(_priced.File, _priced.List("v2", "0.11"), Cancellation);
        await Gateway.Operations.ReloadPricesAsync();

        await hosted.LoseRedisAsync();
        var again = await OpenUntilAcceptedAsync(open);
        var repriced = await RunAsync(dryRun: false);
        var after = await PaidAsync(again.LeaseId);

        Assert.Equal((LeaseState.Active, "15277777777777", "?"), (again.State, again.FlowRate, again.PriceListVersion));
        Assert.Equal(open.Price.Resources, again.Resources);
        Assert.Equal(["12222222222222", "3055555555555"], again.Legs.Select(l => l.FlowOnChain));
        Assert.Equal((1UL, 0UL), (repriced.Last.Done, repriced.Last.Failed));
        Assert.Equal(("30555555555555", "v2"), (after.FlowRate, after.PriceListVersion));
        await CloseAsync(after);
    }

    /// <summary>Nothing begins by a worth that nobody knows, or that is too old; and this lease has begun: the chain pays it.</summary>
    [Theory]
    [InlineData(true, "?")]
    [InlineData(false, "usd-1")]
    public async Task A_lease_that_was_lost_with_Redis_is_opened_again_while_no_worth_is_known(bool isNeverKnown, string version)
    {
        const string List = """{"version":"usd-1","plans":{"instance":{"components":{"compute_units":{"usd_per_hour":"0.01425"}}}}}""";
        await using var feed = await Feed.StartAsync("0.26", Cancellation);
        await using var gateway = await _priced.StartAsync(
            PriceFiles.Write(List),
            settings: [new("Gateway:Prices:Usd:ALEPH:Location", feed.Url), new("Gateway:Prices:Usd:ALEPH:StaleAfter", "00:00:10"), new("Gateway:Prices:Usd:ALEPH:RefreshInterval", "00:00:01")]);
        var payer = await hosted.NewPayerAsync();
        var open = _priced.Open(payer.Address, Ask.NewId("reprice"), "ALEPH", ("compute_units", "1"));
        open.Node = "";
        open.Payees.AddRange(Ask.Open(hosted, payer.Address, "any").Payees);
        var lease = await gateway.Leases.OpenLeaseAsync(open);
        feed.Status = 503;
        await using var blind = await _priced.StartAsync(PriceFiles.Write(List), settings: [new("Gateway:Prices:Usd:ALEPH:Location", "/nowhere/usd.json")]);
        var asked = isNeverKnown ? blind : gateway;

        await StaleAsync(asked, PricedGateway.QuoteOf(open));
        await hosted.LoseRedisAsync();
        await RestoredAsync(open.LeaseId);
        var again = await OpenUntilAcceptedAsync(open, asked);
        var fresh = open.Clone();
        fresh.LeaseId = Ask.NewId("reprice");
        var refused = await Ask.RefusedAsync(() => asked.Leases.OpenLeaseAsync(fresh));

        Assert.Equal((LeaseState.Active, lease.FlowRate, version), (again.State, again.FlowRate, again.PriceListVersion));
        Assert.Equal(open.Price.Resources, again.Resources);
        Assert.Equal(lease.Legs.Select(l => l.FlowOnChain), again.Legs.Select(l => l.FlowOnChain));
        Assert.Equal("PRICE_STALE", refused.Info.Reason);
        await CloseAsync(again);
    }

    /// <summary>Asks until the last worth is too old.</summary>
    private static async Task StaleAsync(Replica gateway, QuoteLeaseRequest quote)
    {
        for (var isFresh = true; isFresh;)
        {
            try
            {
                await gateway.Leases.QuoteLeaseAsync(quote);
            }
            catch (RpcException e) when (IsStale(e))
            {
                isFresh = false;
            }
        }
    }

    private async Task RestoredAsync(string id)
    {
        for (var isThere = false; !isThere;)
        {
            try
            {
                isThere = (await Gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id })).LeaseId == id;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.NotFound or StatusCode.Aborted)
            {
                // It is being read from the chain.
            }
        }
    }

    private static bool IsStale(RpcException e) => e.Status.Detail.Contains("worth in dollars", StringComparison.Ordinal);

    /// <summary>As a scheduler does that was told to come again.</summary>
    private async Task<Lease> OpenUntilAcceptedAsync(OpenLeaseRequest request, Replica? gateway = null)
    {
        while (true)
        {
            try
            {
                return await (gateway ?? Gateway).Leases.OpenLeaseAsync(request);
            }
            catch (RpcException e) when (!IsStale(e) && e.StatusCode is StatusCode.Unavailable or StatusCode.NotFound or StatusCode.Aborted)
            {
                // It is being read from the chain.
            }
        }
    }

    private async Task<(IReadOnlyList<RepriceProgress> Messages, IReadOnlyList<RepricedLease> Leases, RepriceProgress Last)> RunAsync(bool dryRun)
    {
        using var call = Gateway.Operations.RepriceLeases(new RepriceLeasesRequest { DryRun = dryRun, Batch = 2 });
        var messages = await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
        return (messages, [.. messages.SelectMany(m => m.Leases)], messages[^1]);
    }

    private async Task<(Lease Lease, Devnet.Accounts.DevAccount Payer)> OpenAsync(string token, string pausedRate = "")
    {
        var payer = await hosted.NewPayerAsync();
        var open = _priced.Open(payer.Address, Ask.NewId("reprice"), token, ("compute_units", "1"));
        open.PausedFlowRate = pausedRate;
        return (await Gateway.Leases.OpenLeaseAsync(open), payer);
    }

    /// <summary>Once the chain pays it.</summary>
    private Task<Lease> PaidAsync(string id) => Gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest
    {
        LeaseId = id,
        WaitFor = LeaseState.Active,
        WaitAtMost = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(60)),
    });

    private async Task CloseAsync(params Lease[] leases)
    {
        foreach (var lease in leases)
            await Gateway.Leases.CloseLeaseAsync(new CloseLeaseRequest { LeaseId = lease.LeaseId });
    }
}
