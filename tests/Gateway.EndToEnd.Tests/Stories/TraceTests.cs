using Gateway.Chain.Signing;
using Gateway.Client;
using Gateway.EndToEnd.Tests.Gateways;
using Gateway.Testing;
using Gateway.Testing.Gateways;
using Google.Protobuf.WellKnownTypes;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.EndToEnd.Tests.Stories;

public sealed class TraceTests(WorldFixture fixture) : IClassFixture<WorldFixture>
{
    // DESIGN §8: names that operations rely on.
    private static readonly string[] Story =
        ["lease open", "settlement plan", "settlement attempt", "settlement verify", "directive issue", "directive report"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_open_lease_is_one_connected_trace_that_ends_with_the_hash_and_its_verification()
    {
        await using var receiver = await OtlpReceiver.StartAsync(Cancellation);
        await using var server = await ServerProcess.StartAsync(
            fixture.World,
            Cancellation,
            KeyValuePair.Create("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Endpoint),
            KeyValuePair.Create("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            KeyValuePair.Create("OTEL_BSP_SCHEDULE_DELAY", "200"));
        using var client = new SchedulerClient(fixture.World.GrpcUrl);
        var lease = await OpenAsync(client);
        await foreach (var directive in client.DirectivesAsync(cancellationToken: Cancellation))
        {
            await client.ReportAsync(directive, TimeProvider.System.GetUtcNow(), Cancellation);
            break;
        }

        var spans = await receiver.WaitUntilAsync(all => Story.All(name => all.Any(s => s.Name == name)), Cancellation);

        var open = spans.Single(s => s.Name == "lease open" && s.Attributes["lease.id"] == lease.LeaseId);
        var trace = spans.Where(s => s.TraceId == open.TraceId).ToList();
        Assert.All(Story[..^1], name => Assert.Contains(trace, s => s.Name == name));
        Assert.Contains(trace, s => s.Name.StartsWith("EVALSHA commit", StringComparison.Ordinal));
        Assert.All(trace.Where(s => s.Name is "settlement attempt" or "settlement verify"), s => Assert.Equal(lease.Transactions[0].Hash, s.Attributes["tx.hash"]));
        // The request's own span may hang below one of its caller, who exports elsewhere.
        var inside = trace.Where(s => s.ParentSpanId.Length > 0 && !s.Name.StartsWith("POST ", StringComparison.Ordinal));
        Assert.All(inside, s => Assert.Contains(trace, parent => parent.SpanId == s.ParentSpanId));
        // The scheduler's report comes in a request of its own; it is tied to the directive.
        var issued = trace.Single(s => s.Name == "directive issue");
        var report = spans.First(s => s.Name == "directive report");
        Assert.True(report.TraceId == open.TraceId || report.Links.Contains((issued.TraceId, issued.SpanId)));
    }

    private async Task<Lease> OpenAsync(SchedulerClient client)
    {
        var accounts = fixture.World.Chain.Accounts;
        var request = new OpenLeaseRequest
        {
            LeaseId = $"{Guid.NewGuid():N}",
            VmId = "vm-1",
            Payer = Eip55.Format(accounts.Payers[0].Address),
            Token = "ALEPH",
            Price = new Price { FlowRate = "15277777777777" },
            WaitFor = LeaseState.Active,
            WaitAtMost = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)),
        };
        request.Payees.Add(new Payee { Address = Eip55.Format(accounts.Payees[0].Address), SharePpm = 1_000_000, Role = "node" });
        var lease = await client.Leases.OpenLeaseAsync(request, cancellationToken: Cancellation);
        Assert.Equal(LeaseState.Active, lease.State);
        return lease;
    }
}
