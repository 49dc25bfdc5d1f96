using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>Execution reports: they come late, and they come again.</summary>
public sealed class ReportTests
{
    private readonly LeaseId _id = LeaseId.Parse("a");
    private AccountBook _book = AccountBook.Empty(Given.Key).With(Given.Lease("a", 10, pausedRate: 2));

    [Fact]
    public void A_repeated_report_says_nothing_new()
    {
        Report(Execution.Run, 5);

        Assert.Empty(Report(Execution.Run, 5).Effects);
        Assert.Equal((MeterPhase.Running, Given.Now.AddSeconds(5)), (Meter.Phase, Meter.Since));
    }

    [Fact]
    public void A_report_older_than_the_newest_changes_nothing()
    {
        Report(Execution.Run, 5);
        Report(Execution.Pause, 9);

        Assert.Empty(Report(Execution.Run, 5).Effects);
        Assert.Empty(Report(Execution.Run, 8).Effects);
        Assert.Equal((MeterPhase.Paused, false), (Meter.Phase, _book.Leases[_id].MayRun));
        Assert.Equal(4000, Meter.RunningMilliseconds);
    }

    [Fact]
    public void Of_two_reports_of_one_instant_the_one_that_came_last_holds()
    {
        Report(Execution.Run, 5);
        Report(Execution.Pause, 5);

        Assert.Equal((MeterPhase.Paused, 0L), (Meter.Phase, Meter.RunningMilliseconds));
    }

    [Fact]
    public void A_pause_of_before_a_change_of_price_still_pauses()
    {
        Report(Execution.Run, 0);
        _book = AccountMachine.Update(_book, _id, new LeaseChange(Given.Rate(20), null, null, Given.Now.AddSeconds(10), TraceParent: null)).Book;

        Report(Execution.Pause, 9);

        // What was counted up to the change stays counted.
        Assert.Equal((MeterPhase.Paused, 10_000L), (Meter.Phase, Meter.RunningMilliseconds));
    }

    [Fact]
    public void Nothing_is_counted_before_the_lease_was_opened()
    {
        Report(Execution.Run, -100);
        Report(Execution.Terminate, 1);

        Assert.Equal((MeterPhase.Stopped, 1000L), (Meter.Phase, Meter.RunningMilliseconds));
    }

    [Fact]
    public void A_closed_lease_is_not_started_by_a_report()
    {
        Report(Execution.Run, 0);
        _book = AccountMachine.Close(_book, _id, Given.Now.AddSeconds(3), traceParent: null).Book;

        Assert.Empty(Report(Execution.Run, 4).Effects);
        Assert.Equal((MeterPhase.Stopped, 3000L, false), (Meter.Phase, Meter.RunningMilliseconds, _book.Leases[_id].MayRun));
    }

    private Meter Meter => _book.Leases[_id].Meter;

    private Decision Report(Execution execution, double afterSeconds)
    {
        var decision = AccountMachine.Report(_book, _id, new ExecutionReport(execution, Given.Now.AddSeconds(afterSeconds), DirectiveId: null));
        _book = decision.Book;
        return decision;
    }
}
