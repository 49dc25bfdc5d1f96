using System.Diagnostics.Metrics;
using Gateway.Server.Telemetry;
using Gateway.Server.Tests.Hosting;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Pricing;

/// <summary>A price list that changes under a running gateway.</summary>
[Collection(Hosted.Name)]
public sealed class ReloadTests(HostedGateway hosted) : IAsyncLifetime
{
    private readonly PricedGateway _priced = new(hosted);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Replica Gateway => _priced.Gateway;

    public ValueTask InitializeAsync() => _priced.InitializeAsync();

    public ValueTask DisposeAsync() => _priced.DisposeAsync();

    [Fact]
    public async Task A_new_list_prices_what_comes_next_and_leaves_what_runs()
    {
        var payer = await hosted.NewPayerAsync();
        var open = _priced.Open(payer.Address, Ask.NewId(), "ALEPH", ("compute_units", "1"));
        var lease = await Gateway.Leases.OpenLeaseAsync(open);
        await File.WriteAllTextAsync(_priced.File, _priced.List("v2", "0.11"), Cancellation);

        var reloaded = await Gateway.Operations.ReloadPricesAsync();
        var quote = await Gateway.Leases.QuoteLeaseAsync(PricedGateway.QuoteOf(open));
        var same = await Gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = lease.LeaseId });
        var resized = await Gateway.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = lease.LeaseId, Price = open.Price });

        Assert.Equal(("v2", true), (reloaded.Version, reloaded.Changed));
        Assert.False((await Gateway.Operations.ReloadPricesAsync()).Changed);
        Assert.Equal(("30555555555555", "v2"), (quote.FlowRate, quote.PriceListVersion));
        Assert.Equal(("15277777777777", "v1", lease.Version), (same.FlowRate, same.PriceListVersion, same.Version));
        Assert.Equal(("30555555555555", "v2"), (resized.FlowRate, resized.PriceListVersion));
    }

    [Fact]
    public async Task A_repetition_is_answered_whatever_the_list_says_by_then_and_another_size_is_another_request()
    {
        var payer = await hosted.NewPayerAsync();
        var open = _priced.Open(payer.Address, Ask.NewId(), "ALEPH", ("compute_units", "1"));
        var lease = await Gateway.Leases.OpenLeaseAsync(open);
        var larger = open.Clone();
        larger.Price = PricedGateway.PriceOf(("compute_units", "2"));
        await File.WriteAllTextAsync(_priced.File, _priced.List("v2", "0.11").Replace("\"instance\"", "\"other\"", StringComparison.Ordinal), Cancellation);
        await Gateway.Operations.ReloadPricesAsync();

        var again = await Gateway.Leases.OpenLeaseAsync(open);
        var elsewhere = await hosted.Leases.OpenLeaseAsync(open);
        var conflict = await Ask.RefusedAsync(() => Gateway.Leases.OpenLeaseAsync(larger));
        open.LeaseId = Ask.NewId();
        var gone = await Ask.RefusedAsync(() => Gateway.Leases.OpenLeaseAsync(open));

        Assert.All([again, elsewhere], l => Assert.Equal((lease.LeaseId, "15277777777777", "v1"), (l.LeaseId, l.FlowRate, l.PriceListVersion)));
        Assert.Equal((StatusCode.AlreadyExists, "LEASE_EXISTS"), (conflict.Code, conflict.Info.Reason));
        Assert.Equal("price.resources.plan", Assert.Single(gone.Fields));
    }

    [Theory]
    [InlineData("nonsense", "the file: is no JSON.")]
    [InlineData("""{"version":"v2","plans":{}}""", "plans: is empty.")]
    [InlineData("""{"version":"v1","plans":{"p":{"components":{"cu":{"price_per_hour":{"ALEPH":"1"}}}}}}""", "version: is still v1, though the list has changed")]
    public async Task A_file_with_problems_leaves_the_former_list_in_force_and_says_so(string json, string problem)
    {
        var payer = await hosted.NewPayerAsync(authorised: false);
        var good = await File.ReadAllTextAsync(_priced.File, Cancellation);
        await File.WriteAllTextAsync(_priced.File, json, Cancellation);

        var rejected = await Gateway.Operations.ReloadPricesAsync();
        var quote = await Gateway.Leases.QuoteLeaseAsync(PricedGateway.QuoteOf(_priced.Open(payer.Address, "q", "ALEPH", ("compute_units", "1"))));
        var degraded = await ReadyAsync();
        await File.WriteAllTextAsync(_priced.File, good, Cancellation);
        var mended = await Gateway.Operations.ReloadPricesAsync();

        Assert.Equal(("v1", false), (rejected.Version, rejected.Changed));
        Assert.StartsWith(problem, Assert.Single(rejected.Problems), StringComparison.Ordinal);
        Assert.Equal("15277777777777", quote.FlowRate);
        Assert.Contains("prices: Degraded. The file of the price list is not used, v1 stays in force", degraded, StringComparison.Ordinal);
        Assert.Empty(mended.Problems);
        Assert.Contains("prices: Healthy. Price list v1 is in force.", await ReadyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_means_one_list_whatever_came_in_between_and_over_a_restart()
    {
        var (first, altered) = (_priced.List("v1"), _priced.List("v1", "0.22"));
        await File.WriteAllTextAsync(_priced.File, _priced.List("v2", "0.11"), Cancellation);
        Assert.True((await Gateway.Operations.ReloadPricesAsync()).Changed);

        await File.WriteAllTextAsync(_priced.File, altered, Cancellation);
        var rejected = await Gateway.Operations.ReloadPricesAsync();
        var started = await Record.ExceptionAsync(async () => await (await _priced.StartAsync(PriceFiles.Write(altered))).DisposeAsync());
        // Set otherwise, it says the same.
        await File.WriteAllTextAsync(_priced.File, first.ReplaceLineEndings(""), Cancellation);
        var back = await Gateway.Operations.ReloadPricesAsync();

        Assert.Equal(("v2", false), (rejected.Version, rejected.Changed));
        Assert.StartsWith("version: v1 was another list before", Assert.Single(rejected.Problems), StringComparison.Ordinal);
        Assert.Contains("version: v1 was another list before", started?.Message, StringComparison.Ordinal);
        Assert.Equal(("v1", true), (back.Version, back.Changed));
        Assert.Empty(back.Problems);
    }

    [Fact]
    public async Task A_changed_file_is_found_without_being_told_of()
    {
        var file = PriceFiles.Write(_priced.List("v1"));
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == GatewayTelemetry.Instruments.PriceListLoads)
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (Equals(tags[0].Value, "Taken"))
                taken.TrySetResult();
        });
        listener.Start();
        await using var gateway = await _priced.StartAsync(file, poll: "00:00:00.100");

        await File.WriteAllTextAsync(file, _priced.List("v2"), Cancellation);
        await taken.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancellation);

        Assert.Equal("v2", (await gateway.Operations.GetPricesAsync()).Version);
    }

    [Fact]
    public async Task A_gateway_does_not_start_with_a_list_that_has_problems_and_tells_all_of_them()
    {
        using var errors = new StringWriter();
        var file = PriceFiles.Write("""{"plans":{"p":{"components":{"cu":{"price_per_hour":{"DOGE":"1"}}}}}}""");

        var exitCode = await GatewayApplication.RunAsync([$"--Gateway:Prices:File={file}", "--Gateway:Chain:ChainId=43114", "--Gateway:Prices:PollInterval=00:00:00"], errors);

        Assert.Equal(2, exitCode);
        Assert.Contains("Gateway:Prices:File: version: is required.", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("Gateway:Prices:File: plans.p.components.cu.price_per_hour.DOGE: is not a token", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("Gateway:Prices:PollInterval:", errors.ToString(), StringComparison.Ordinal);
    }

    private async Task<string> ReadyAsync()
    {
        using var http = new HttpClient(new SocketsHttpHandler(), disposeHandler: true);
        return await http.GetStringAsync(new Uri(Gateway.HttpUrl, "readyz"), Cancellation);
    }
}
