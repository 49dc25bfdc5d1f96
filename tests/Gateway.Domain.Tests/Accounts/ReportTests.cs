using System.Numerics;
using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>Execution reports: they come late, again, and in any order.</summary>
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
    public void A_report_older_than_the_newest_changes_what_was_and_not_what_is()
    {
        Report(Execution.Run, 5);
        Report(Execution.Pause, 9);

        Assert.Empty(Report(Execution.Run, 5).Effects);
        var late = Report(Execution.Pause, 7);
        Report(Execution.Run, 8);

        Assert.Equal((MeterPhase.Paused, false, Given.Now.AddSeconds(9)), (Meter.Phase, Lease.MayRun, Lease.ReportedAt));
        Assert.Equal(3000, Running);
        Assert.Contains("told late", Assert.IsType<Effect.Note>(Assert.Single(late.Effects)).Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void A_late_report_marks_no_flow()
    {
        Report(Execution.Run, 5);
        Report(Execution.Pause, 9);

        Assert.Empty(Report(Execution.Run, 1).Effects.OfType<Effect.MarkFlow>());
        Assert.Equal(8000, Running);
    }

    [Theory]
    [InlineData(Execution.Run, Execution.Pause)]
    [InlineData(Execution.Pause, Execution.Run)]
    public void Of_two_reports_of_one_instant_the_one_that_costs_less_holds_whichever_came_first(Execution first, Execution second)
    {
        Report(first, 5);
        Report(second, 5);

        Assert.Equal((MeterPhase.Paused, 0L, false), (Meter.Phase, Running, Lease.MayRun));
    }

    [Fact]
    public void A_pause_of_before_a_change_of_price_still_pauses_and_is_counted_from_when_it_was()
    {
        Report(Execution.Run, 0);
        _book = AccountMachine.Update(_book, _id, new LeaseChange(Given.Rate(20), null, null, Given.Now.AddSeconds(10), TraceParent: null)).Book;

        Report(Execution.Pause, 9);

        Assert.Equal((MeterPhase.Paused, 9_000L), (Meter.Phase, Running));
    }

    [Fact]
    public void Nothing_is_counted_before_the_lease_was_opened()
    {
        Report(Execution.Run, -100);
        Report(Execution.Terminate, 1);

        Assert.Equal((MeterPhase.Stopped, 1000L), (Meter.Phase, Running));
    }

    [Fact]
    public void A_closed_lease_is_not_started_by_a_report()
    {
        Report(Execution.Run, 0);
        _book = AccountMachine.Close(_book, _id, Given.Now.AddSeconds(3), traceParent: null).Book;

        Assert.Empty(Report(Execution.Run, 4).Effects);
        Assert.Equal((MeterPhase.Stopped, 3000L, false), (Meter.Phase, Running, Lease.MayRun));
    }

    [Fact]
    public void What_a_vm_did_before_its_lease_was_closed_can_still_be_told()
    {
        Report(Execution.Run, 0);
        _book = AccountMachine.Close(_book, _id, Given.Now.AddSeconds(9), traceParent: null).Book;

        Report(Execution.Pause, 3);
        Report(Execution.Run, 5);
        Report(Execution.Terminate, 8);

        Assert.Equal((6000L, false, LeaseState.Closing), (Running, Lease.MayRun, Lease.State));
    }

    [Fact]
    public void In_whatever_order_and_however_often_reports_come_the_same_is_used_and_left_on_the_account() =>
        Gen.Select(Gen.Select(Gen.Int[0, 9], Gen.Int[0, 120]).Array[1, 30], Gen.Int[0, int.MaxValue]).Sample((told, seed) =>
        {
            var dice = new Random(seed);
            var reports = told.Select(t => (Execution: t.Item1 switch { 0 => Execution.Terminate, < 5 => Execution.Pause, _ => Execution.Run }, At: t.Item2)).Append((Execution.Terminate, 100)).ToArray();
            var again = reports.Concat(reports.Where(_ => dice.Next(2) == 0)).ToArray();
            dice.Shuffle(again);

            var (one, other) = (Played(reports), Played(again));

            Assert.Equal(one, other);
            Assert.InRange(one.Used, 0, 100 * 10 * 1000);
            Assert.Equal(one.Streamed - one.Used, one.Carried);
        });

    /// <summary>What becomes of a lease of which all this is told at once, long after it was so.</summary>
    private static (BigInteger Used, BigInteger Streamed, BigInteger Carried) Played(IEnumerable<(Execution Execution, int At)> reports)
    {
        var story = new DriftStory(latency: 2);
        var from = story.Now;
        story.Open(Given.Lease("a", 10, pausedRate: 2));
        story.Pass(130);
        foreach (var (execution, at) in reports)
            story.Report("a", execution, from.AddSeconds(at));
        story.Pass(60);
        return (story.Used, story.Streamed, story.Book.Account.Carried.Total.Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_vm_that_was_terminated_does_not_run_again_whichever_report_came_first(bool late)
    {
        Report(Execution.Run, 0);
        foreach (var (execution, at) in late ? [(Execution.Run, 5), (Execution.Terminate, 2)] : new[] { (Execution.Terminate, 2), (Execution.Run, 5) })
            Report(execution, at);

        Assert.Equal((LeaseState.Closing, Given.Now.AddSeconds(2), 2000L, false), (Lease.State, Lease.ClosedAt, Running, Lease.MayRun));
    }

    [Fact]
    public void A_lease_that_was_rejected_meters_nothing()
    {
        _book = _book.With(Lease with { State = LeaseState.Rejected });

        Assert.Empty(Report(Execution.Run, 1).Effects);
        Assert.Equal(0, Running);
    }

    [Fact]
    public void A_clock_that_is_ahead_is_told_of_in_the_history()
    {
        var report = new ExecutionReport(Execution.Run, Given.Now.AddSeconds(1), DirectiveId: null) { Told = Given.Now.AddSeconds(3.5) };

        var effects = AccountMachine.Report(_book, _id, report).Effects;

        Assert.Contains("2.500 s ahead of ours", Assert.Single(effects.OfType<Effect.Note>()).Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void What_leaves_a_meter_that_is_full_is_recorded_once()
    {
        var recorded = new List<UsageInterval>();
        for (var i = 0; i < 500; i++)
            recorded.AddRange(Report(i % 2 == 0 ? Execution.Run : Execution.Pause, i).Effects.OfType<Effect.RecordUse>().SelectMany(r => r.Record.Intervals));

        var all = recorded.Concat(Meter.OpenIntervals(Given.Now.AddSeconds(500))).ToList();
        Assert.Equal(500, all.Count);
        Assert.All(all, i => Assert.Equal(1000, i.Milliseconds));
        Assert.Equal(250 * 10_000 + 250 * 2_000, Meter.UsedAt(Given.Now.AddSeconds(500)).Value);
    }

    private Lease Lease => _book.Leases[_id];

    private Meter Meter => Lease.Meter;

    private long Running => Meter.RunningAt(Given.Now.AddSeconds(1000));

    private Decision Report(Execution execution, double afterSeconds)
    {
        var decision = AccountMachine.Report(_book, _id, new ExecutionReport(execution, Given.Now.AddSeconds(afterSeconds), DirectiveId: null));
        _book = decision.Book;
        return decision;
    }
}
