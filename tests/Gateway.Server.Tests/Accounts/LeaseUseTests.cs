using System.Collections.Immutable;
using System.Numerics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Accounts;

/// <summary>What a VM used within any period, also where most of it has left its meter.</summary>
public sealed class LeaseUseTests
{
    private static readonly LeaseId Id = LeaseId.Parse("a");

    private static readonly BlockTime Opened = new((ulong)Given.Now.ToUnixTimeSeconds());

    [Fact]
    public void The_periods_of_a_lease_add_up_to_the_whole_wherever_they_are_cut()
    {
        // It runs for 700 ms of each second, at 1000 wei/s, and costs 7 wei/s while it is paused.
        var (lease, log) = Churn(seconds: 400);
        var end = Opened.PlusSeconds(400);
        var whole = LeaseUse.Of(lease, log, null, end, end);

        Assert.NotEmpty(log);
        for (ulong cut = 0; cut <= 400; cut += 7)
        {
            var (before, after) = (LeaseUse.Of(lease, log, null, Opened.PlusSeconds(cut), end), LeaseUse.Of(lease, log, Opened.PlusSeconds(cut), end, end));
            Assert.Equal(whole.RunningMilliseconds, before.RunningMilliseconds + after.RunningMilliseconds);
            // The first second begins 123 ms after a whole one.
            Assert.Equal(Expected((long)cut * 1000 - 123), (before.RunningMilliseconds, before.Used.Wei));
            Assert.InRange((whole.Used - before.Used - after.Used).Wei, 0, 1);
        }
    }

    [Fact]
    public void A_border_inside_what_was_kept_as_one_sum_is_refused_and_one_after_it_is_not()
    {
        var since = Given.Now.AddSeconds(10);
        var lease = Given.Lease("a") with
        {
            Meter = Meter.OfSum(UsageSum.NothingUntil(since) with { RunningMilliseconds = 5_000, Used = MilliWei.Of(Given.Rate(1000), 5_000) }, MeterPhase.Running, new MeterPrice(Given.Rate(1000), FlowRate.Zero, IsCutOff: false), told: null),
        };
        var end = Opened.PlusSeconds(20);

        Assert.Throws<UseNotKeptException>(() => LeaseUse.Of(lease, [], Opened.PlusSeconds(5), end, end));
        Assert.Equal(5_000 + 9_877, LeaseUse.Of(lease, [], null, end, end).RunningMilliseconds);
        Assert.Equal(8_000, LeaseUse.Of(lease, [], Opened.PlusSeconds(12), end, end).RunningMilliseconds);
    }

    [Fact]
    public void A_phase_that_ended_after_the_last_block_is_included_to_its_end()
    {
        var (lease, log) = Churn(seconds: 1);

        Assert.Equal(700, LeaseUse.Of(lease, log, null, to: null, Opened).RunningMilliseconds);
    }

    private static (long Running, BigInteger Wei) Expected(long milliseconds)
    {
        var ms = Math.Max(0, milliseconds);
        var running = ms / 1000 * 700 + Math.Min(700, ms % 1000);
        return (running, ((BigInteger)running * 1000 + (BigInteger)(ms - running) * 7) / 1000);
    }

    private static (Lease Lease, ImmutableArray<UsageInterval> Log) Churn(int seconds)
    {
        var book = Given.Book(null, Given.Lease("a") with { PausedRate = Given.Rate(7) });
        var log = ImmutableArray.CreateBuilder<UsageInterval>();
        for (var i = 0; i < seconds; i++)
        {
            foreach (var (execution, offset) in new[] { (Execution.Run, 0), (Execution.Pause, 700) })
            {
                var decision = AccountMachine.Report(book, Id, new ExecutionReport(execution, Given.Now.AddMilliseconds(i * 1000 + offset), DirectiveId: null));
                log.AddRange(decision.Effects.OfType<Effect.RecordUse>().SelectMany(r => r.Intervals));
                book = decision.Book;
            }
        }

        return (book.Leases[Id], log.ToImmutable());
    }
}
