using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Directives;

[Collection(Hosted.Name)]
public sealed class ReportExecutionTests(HostedGateway gateway)
{
    private static readonly DateTimeOffset Start =
        DateTimeOffset.FromUnixTimeMilliseconds((TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1)).ToUnixTimeMilliseconds());

    [Fact]
    public async Task Reports_drive_the_meter_to_the_millisecond()
    {
        var id = await OpenAsync(pausedRate: "7");
        await ReportAsync(id, Execution.Run, Start);
        await ReportAsync(id, Execution.Pause, Start.AddMilliseconds(1_234));
        await ReportAsync(id, Execution.Run, Start.AddMilliseconds(11_234));
        var lease = await ReportAsync(id, Execution.Terminate, Start.AddMilliseconds(12_000));

        Assert.Equal(TimeSpan.FromMilliseconds(2_000), lease.RunningTime.ToTimeSpan());
        // 1000 wei/s for 2 s, and 7 wei/s for 10 s.
        Assert.Equal("2070", lease.AmountUsed);
    }

    [Fact]
    [Incident("1.4.9")]
    public async Task A_report_that_comes_again_or_late_changes_nothing()
    {
        var id = await OpenAsync();
        await ReportAsync(id, Execution.Run, Start);
        await ReportAsync(id, Execution.Terminate, Start.AddSeconds(10));

        var again = await ReportAsync(id, Execution.Terminate, Start.AddSeconds(10));
        var late = await ReportAsync(id, Execution.Run, Start);
        var older = await ReportAsync(id, Execution.Run, Start.AddSeconds(5));

        Assert.All(new[] { again, late, older }, l => Assert.Equal((TimeSpan.FromSeconds(10), "10000"), (l.RunningTime.ToTimeSpan(), l.AmountUsed)));
    }

    [Fact]
    public async Task Nothing_is_counted_before_the_lease_was_opened()
    {
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId();
        var opened = await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000"));
        await ReportAsync(id, Execution.Run, opened.OpenedAt.ToDateTimeOffset() - TimeSpan.FromDays(1));

        var lease = await ReportAsync(id, Execution.Terminate, TimeProvider.System.GetUtcNow());

        Assert.True(lease.RunningTime.ToTimeSpan() < TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task A_report_answers_the_directive_that_it_names_as_often_as_it_comes()
    {
        var id = await OpenAsync();
        var directive = await RunDirectiveOfAsync(id);

        await ReportAsync(id, Execution.Run, Start, directive.DirectiveId);
        var repeated = await ReportAsync(id, Execution.Run, Start, directive.DirectiveId);

        Assert.Null(await gateway.WaitingAsync(id));
        Assert.Equal(LeaseState.Active, repeated.State);
    }

    [Fact]
    public async Task A_report_that_names_none_answers_what_asks_for_it()
    {
        var id = await OpenAsync();

        await ReportAsync(id, Execution.Pause, Start);
        var unanswered = await gateway.WaitingAsync(id);
        await ReportAsync(id, Execution.Run, Start.AddSeconds(1));

        Assert.NotNull(unanswered);
        Assert.Null(await gateway.WaitingAsync(id));
    }

    [Fact]
    public async Task A_pause_that_is_answered_by_running_is_handed_over_again()
    {
        var id = await OpenAsync();
        await ReportAsync(id, Execution.Run, Start);
        await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id });
        var pause = await gateway.WaitingAsync(id);
        Assert.NotNull(pause);

        await ReportAsync(id, Execution.Run, Start.AddSeconds(1), pause.Id.ToString());
        var waiting = await gateway.WaitingAsync(id);
        await ReportAsync(id, Execution.Terminate, Start.AddSeconds(2), pause.Id.ToString());

        Assert.Equal(pause.Id, waiting?.Id);
        Assert.Null(await gateway.WaitingAsync(id));
    }

    [Fact]
    public async Task A_directive_of_another_lease_is_not_taken_for_an_answer()
    {
        var payer = await gateway.NewPayerAsync();
        var (one, other) = (Ask.NewId(), Ask.NewId());
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, one));
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, other));
        var stranger = await OpenAsync();

        // Of the same account, and of another one.
        foreach (var foreign in new[] { other, stranger })
        {
            var waiting = await gateway.WaitingAsync(foreign);
            Assert.NotNull(waiting);
            var refused = await Ask.RefusedAsync(() => gateway.Leases.ReportExecutionAsync(Saying(one, Execution.Run, Start, waiting.Id.ToString())));
            Assert.Equal((StatusCode.InvalidArgument, "directive_id"), (refused.Code, Assert.Single(refused.Fields)));
            Assert.NotNull(await gateway.WaitingAsync(foreign));
        }
    }

    [Fact]
    public async Task A_reported_pause_lets_the_flow_fall_to_what_a_paused_VM_costs()
    {
        var payer = await gateway.NewPayerAsync();
        var (id, other) = (Ask.NewId(), Ask.NewId());
        var request = Ask.OpenAndWait(gateway, payer.Address, id, "1000");
        request.PausedFlowRate = "10";
        await gateway.Leases.OpenLeaseAsync(request);
        await ReportAsync(id, Execution.Run, TimeProvider.System.GetUtcNow());
        await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id });

        await ReportAsync(id, Execution.Pause, TimeProvider.System.GetUtcNow());
        // Another lease of the same flow has ended only when nothing above what is wanted flows.
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, other, "100"));
        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(other));

        Assert.Equal(FlowRate.FromWeiPerSecond(8), await gateway.FlowAsync(payer.Address, gateway.Node));
    }

    [Fact]
    public async Task A_terminated_VM_ends_its_lease_and_is_told_nothing_more()
    {
        var id = await OpenAsync();
        await ReportAsync(id, Execution.Run, Start);
        await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id });
        var waitedBefore = await gateway.WaitingAsync(id);

        await ReportAsync(id, Execution.Terminate, Start.AddSeconds(2));
        var closed = await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(id));

        Assert.Equal(Domain.Leases.Execution.Pause, waitedBefore?.Execution);
        Assert.Null(await gateway.WaitingAsync(id));
        Assert.Equal((LeaseState.Closed, Start.AddSeconds(2), "2000"), (closed.State, closed.ClosedAt.ToDateTimeOffset(), closed.AmountUsed));
    }

    [Fact]
    public async Task What_is_reported_of_a_closed_lease_changes_nothing()
    {
        var id = await OpenAsync();
        var closed = await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(id));

        Assert.Equal(closed, await ReportAsync(id, Execution.Run, TimeProvider.System.GetUtcNow()));
    }

    [Fact]
    public async Task A_lease_that_is_not_there_is_not_found() => Assert.Equal(
        StatusCode.NotFound, (await Ask.RefusedAsync(() => gateway.Leases.ReportExecutionAsync(Saying("nobody", Execution.Run, Start, "")))).Code);

    /// <summary>A lease at 1000 wei/s that pays, opened before <see cref="Start"/>.</summary>
    private async Task<string> OpenAsync(string pausedRate = "", [System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var payer = await gateway.NewPayerAsync();
        var request = Ask.OpenAndWait(gateway, payer.Address, Ask.NewId(test), "1000");
        request.StartsAt = Timestamp.FromDateTimeOffset(Start - TimeSpan.FromMinutes(1));
        request.PausedFlowRate = pausedRate;
        await gateway.Leases.OpenLeaseAsync(request);
        return request.LeaseId;
    }

    private async Task<Directive> RunDirectiveOfAsync(string id) => Assert.Single(await gateway.DirectivesThereAsync(), d => d.LeaseId == id);

    private async Task<Lease> ReportAsync(string id, Execution execution, DateTimeOffset at, string directive = "") =>
        await gateway.Leases.ReportExecutionAsync(Saying(id, execution, at, directive));

    private static ReportExecutionRequest Saying(string id, Execution execution, DateTimeOffset at, string directive) =>
        new() { LeaseId = id, Execution = execution, At = Timestamp.FromDateTimeOffset(at), DirectiveId = directive };
}
