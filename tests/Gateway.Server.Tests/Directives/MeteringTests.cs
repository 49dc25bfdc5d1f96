using System.Numerics;
using Gateway.Domain.Metering;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Directives;

/// <summary>Running time and use of a lease, as a scheduler reads them, whatever became of its reports on the way.</summary>
[Collection(Hosted.Name)]
public sealed class MeteringTests(HostedGateway gateway)
{
    private static readonly DateTimeOffset Start = MeterTime.Whole(TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(3));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Reports_that_come_late_twice_and_out_of_order_are_exact(int seed)
    {
        var random = new Random(seed);
        var id = await OpenAsync(rate: 1_234_567_891, pausedRate: 77_777);
        // Starts and pauses at irregular milliseconds, beginning with a start.
        var instants = Enumerable.Range(0, 20).Select(_ => random.Next(1, 9_000_000)).Distinct().Order().ToList();
        var reports = instants.Select((at, i) => Saying(id, i % 2 == 0 ? Execution.Run : Execution.Pause, Start.AddMilliseconds(at))).ToList();
        var told = reports.Concat(reports.Where(_ => random.Next(2) == 0)).ToArray();
        random.Shuffle(told);

        foreach (var report in told)
            await gateway.Leases.ReportExecutionAsync(report);
        var end = instants[^1] + 12_345;
        await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Terminate, Start.AddMilliseconds(end)));
        var lease = await gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id });

        var lengths = instants.Append(end).Zip(instants.Append(end).Skip(1), (from, to) => (long)(to - from)).ToList();
        var running = lengths.Where((_, i) => i % 2 == 0).Sum();
        var paused = lengths.Where((_, i) => i % 2 == 1).Sum();
        Assert.Equal(TimeSpan.FromMilliseconds(running), lease.RunningTime.ToTimeSpan());
        Assert.Equal((((BigInteger)1_234_567_891 * running + (BigInteger)77_777 * paused) / 1000).ToString(System.Globalization.CultureInfo.InvariantCulture), lease.AmountUsed);
    }

    [Fact]
    public async Task What_a_scheduler_was_cut_off_from_telling_is_told_late_and_also_after_the_lease_was_closed()
    {
        var id = await OpenAsync(rate: 1000);
        await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Run, Start));
        await gateway.Leases.CloseLeaseAsync(new CloseLeaseRequest { LeaseId = id, EndedAt = Timestamp.FromDateTimeOffset(Start.AddHours(2)), WaitFor = LeaseState.Closed });

        await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Run, Start.AddSeconds(90)));
        await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Pause, Start.AddSeconds(10)));
        var lease = await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Terminate, Start.AddSeconds(100)));

        Assert.Equal((LeaseState.Closed, TimeSpan.FromSeconds(20), "20000"), (lease.State, lease.RunningTime.ToTimeSpan(), lease.AmountUsed));
    }

    [Fact]
    public async Task Prices_count_from_when_they_took_effect_also_before_the_last_report_and_while_paused()
    {
        var id = await OpenAsync(rate: 1000, pausedRate: 10);
        await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Run, Start));
        await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Pause, Start.AddMilliseconds(1_500)));
        await gateway.Leases.UpdateLeaseAsync(Repricing(id, Start.AddMilliseconds(500), rate: "3000", paused: null));
        await gateway.Leases.UpdateLeaseAsync(Repricing(id, Start.AddMilliseconds(2_500), rate: null, paused: "20"));

        var lease = await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Terminate, Start.AddMilliseconds(4_500)));

        Assert.Equal((TimeSpan.FromMilliseconds(1_500), $"{500 + 3000 + 10 + 40}"), (lease.RunningTime.ToTimeSpan(), lease.AmountUsed));
    }

    [Fact]
    public async Task What_many_newer_reports_have_settled_is_taken_again_and_not_told_otherwise()
    {
        var id = await OpenAsync(rate: 1000);
        for (var i = 0; i < 2 * Sealing.MostReports; i++)
            await gateway.Leases.ReportExecutionAsync(Saying(id, i % 2 == 0 ? Execution.Run : Execution.Pause, Start.AddSeconds(i)));
        var before = await gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id });

        var again = await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Run, Start.AddSeconds(4)));
        var sealedReport = await Ask.RefusedAsync(() => gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Pause, Start.AddSeconds(4.5))));
        var sealedPrice = await Ask.RefusedAsync(() => gateway.Leases.UpdateLeaseAsync(Repricing(id, Start.AddSeconds(4), rate: "900", paused: null)));

        Assert.Equal(TimeSpan.FromSeconds(Sealing.MostReports), before.RunningTime.ToTimeSpan());
        Assert.Equal((before.Version, before.AmountUsed), (again.Version, again.AmountUsed));
        Assert.Equal((StatusCode.InvalidArgument, "at"), (sealedReport.Code, Assert.Single(sealedReport.Fields)));
        Assert.Equal((StatusCode.InvalidArgument, "effective_at"), (sealedPrice.Code, Assert.Single(sealedPrice.Fields)));
    }

    [Fact]
    public async Task A_clock_that_is_ahead_within_reason_is_taken_as_now_and_told_of()
    {
        var id = await OpenAsync(rate: 1000);
        var now = TimeProvider.System.GetUtcNow();
        var report = Saying(id, Execution.Run, now.AddMinutes(2));

        var lease = await gateway.Leases.ReportExecutionAsync(report);
        var again = await gateway.Leases.ReportExecutionAsync(report);
        var tooFar = await Ask.RefusedAsync(() => gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Pause, now.AddMinutes(6))));

        Assert.True(lease.RunningTime.ToTimeSpan() < TimeSpan.FromMinutes(1));
        Assert.Equal(lease.Version, again.Version);
        Assert.Equal((StatusCode.InvalidArgument, "at"), (tooFar.Code, Assert.Single(tooFar.Fields)));
        var history = await gateway.Operations.ExplainLeaseAsync(new GetLeaseRequest { LeaseId = id });
        Assert.Contains(history.Entries, e => e.Kind == "report" && e.Summary.Contains("s ahead of ours", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_report_of_before_the_newest_is_no_answer_to_what_was_asked_since()
    {
        var id = await OpenAsync(rate: 1000);
        await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Run, Start.AddSeconds(10)));
        await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id });

        await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Pause, Start.AddSeconds(5)));
        var unanswered = await gateway.WaitingAsync(id);
        await gateway.Leases.ReportExecutionAsync(Saying(id, Execution.Pause, Start.AddSeconds(11)));

        Assert.Equal(Domain.Leases.Execution.Pause, unanswered?.Execution);
        Assert.Null(await gateway.WaitingAsync(id));
    }

    /// <summary>A lease that pays, opened before <see cref="Start"/>.</summary>
    private async Task<string> OpenAsync(long rate, long pausedRate = 0, [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var payer = await gateway.NewPayerAsync();
        var request = Ask.OpenAndWait(gateway, payer.Address, Ask.NewId(test), $"{rate}");
        request.StartsAt = Timestamp.FromDateTimeOffset(Start - TimeSpan.FromMinutes(1));
        request.PausedFlowRate = $"{pausedRate}";
        await gateway.Leases.OpenLeaseAsync(request);
        return request.LeaseId;
    }

    private static ReportExecutionRequest Saying(string id, Execution execution, DateTimeOffset at) =>
        new() { LeaseId = id, Execution = execution, At = Timestamp.FromDateTimeOffset(at) };

    private static UpdateLeaseRequest Repricing(string id, DateTimeOffset effectiveAt, string? rate, string? paused)
    {
        var request = new UpdateLeaseRequest { LeaseId = id, EffectiveAt = Timestamp.FromDateTimeOffset(effectiveAt) };
        if (rate is not null)
            request.Price = new Price { FlowRate = rate };
        if (paused is not null)
            request.PausedFlowRate = paused;
        return request;
    }
}
