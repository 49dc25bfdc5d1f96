using System.Collections.Immutable;
using System.Numerics;
using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>What the chain streamed, against a chain that sums it up second by second.</summary>
public sealed class FlowTallyTests
{
    private const ulong Start = 1_800_000_000;

    /// <summary>Seconds until something happens, what: a change to this rate by us or by the payer, and whether it is looked at then.</summary>
    private static readonly Gen<(int Wait, int Rate, bool ByPayer, bool Look)[]> Schedules =
        Gen.Select(Gen.Int[0, 40], Gen.OneOf(Gen.Const(0), Gen.Int[1, 2000]), Gen.Bool, Gen.Bool).Array[1, 30];

    [Fact]
    public void It_equals_the_chains_own_integral_to_the_wei_at_every_look() => Schedules.Sample(schedule =>
    {
        var chain = new SecondBySecond();
        var book = Book(chain);
        foreach (var (wait, rate, byPayer, look) in schedule)
        {
            chain.Pass(wait);
            chain.Change(rate, byPayer ? ChangeCause.ByPayer : ChangeCause.ByUs);
            if (!look)
                continue;
            chain.Pass(1);
            book = Look(book, chain, chain.TakeLogs());
            var ledger = book.Account.Flows[Given.Node].Ledger!; // Begun with the flow.
            Assert.Equal(chain.Streamed, ledger.Total.Wei);
            Assert.True(ledger.Ours <= ledger.Total);
            Assert.Null(ledger.EstimatedFrom);
        }
    });

    [Fact]
    public void What_is_foreign_is_streamed_apart()
    {
        var chain = new SecondBySecond();
        chain.Change(300, ChangeCause.ByPayer);
        chain.TakeLogs();
        var book = Book(chain); // 300 were there before our lease, which wants 1000 more.
        chain.Pass(10);
        chain.Change(1300, ChangeCause.ByUs);
        chain.Pass(20);
        chain.Change(1500, ChangeCause.ByPayer);
        chain.Pass(30);

        var ledger = Look(book, chain, chain.TakeLogs()).Account.Flows[Given.Node].Ledger!; // Begun with the flow.

        Assert.Equal((10 * 300) + (20 * 1300) + (30 * 1500), ledger.Total.Wei);
        Assert.Equal((20 + 30) * 1000, ledger.Ours.Wei);
    }

    [Fact]
    public void Where_a_log_is_missing_it_stays_at_what_is_certain_until_the_log_is_found()
    {
        var chain = new SecondBySecond();
        var book = Book(chain);
        chain.Pass(5);
        chain.Change(1000, ChangeCause.ByUs);
        chain.Pass(5);
        book = Look(book, chain, logs: []);
        var lost = book.Account.Flows[Given.Node];
        var logs = chain.TakeLogs();

        Assert.Equal((Start, false), (lost.Ledger!.Through.UnixSeconds, lost.Ledger.IsCurrent(lost))); // Begun with the flow.
        Assert.Equal([Given.Node], AccountMachine.Unaccounted(book, chain.Look(), []));
        Assert.False(Drift.Of(book, lost, chain.Now)!.IsCertain); // It has a ledger.

        chain.Pass(7);
        var found = Look(book, chain, changes: [], told: logs).Account.Flows[Given.Node];
        Assert.Equal((12 * 1000, true), (found.Ledger!.Total.Wei, found.Ledger.IsCurrent(found))); // As above.
        Assert.Null(found.Ledger.EstimatedFrom);
    }

    [Fact]
    public void A_block_time_that_nobody_knows_is_not_guessed()
    {
        var chain = new SecondBySecond();
        var book = Book(chain);
        chain.Pass(5);
        chain.Change(1000, ChangeCause.ByUs);
        chain.Pass(5);

        book = Look(book, chain, [.. chain.TakeLogs().Select(c => c with { IsTimeKnown = false })]);

        Assert.Equal(Start, book.Account.Flows[Given.Node].Ledger!.Through.UnixSeconds); // Begun with the flow.
    }

    [Fact]
    public void Logs_that_are_not_to_be_had_any_more_are_guessed_and_the_guess_is_said()
    {
        var chain = new SecondBySecond();
        var book = Book(chain);
        chain.Pass(600);
        chain.Change(1000, ChangeCause.ByUs);
        chain.Pass(5);
        chain.TakeLogs();

        var ledger = Look(book, chain, logs: []).Account.Flows[Given.Node].Ledger!; // Begun with the flow.

        Assert.Equal((Start, 5 * 1000), (ledger.EstimatedFrom!.Value.UnixSeconds, ledger.Total.Wei)); // It is a guess.
    }

    [Fact]
    public void A_ledger_that_begins_late_leaves_out_what_was_used_before()
    {
        var chain = new SecondBySecond();
        var book = Run(Book(chain));
        book = book with { Account = book.Account with { Flows = book.Account.Flows.SetItem(Given.Node, book.Account.Flows[Given.Node] with { Ledger = null }) } };
        chain.Change(1000, ChangeCause.ByUs);
        chain.Pass(90);
        book = Look(book, chain, chain.TakeLogs());
        var begun = Drift.Of(book, book.Account.Flows[Given.Node], chain.Now)!; // It has begun.

        Assert.Equal((MilliWei.Zero, Start + 90), (begun.Amount, book.Account.Flows[Given.Node].Ledger!.Since.UnixSeconds)); // As above.
        chain.Pass(10);
        var later = Drift.Of(Look(book, chain, []), book.Account.Flows[Given.Node], chain.Now)!; // As above.
        Assert.Equal((MilliWei.Of(Given.Rate(1000), 10_000), MilliWei.Zero), (later.Streamed, later.Amount));
    }

    [Fact]
    public void What_remains_of_a_closed_flow_is_carried_and_taken_up_by_the_next_lease()
    {
        var chain = new SecondBySecond();
        var book = Book(chain);
        chain.Change(1000, ChangeCause.ByUs);
        chain.Pass(10);
        book = Run(Look(book, chain, chain.TakeLogs()));
        book = AccountMachine.Close(book, LeaseId.Parse("a"), At(9, 500), traceParent: null).Book;
        chain.Pass(4);
        chain.Change(0, ChangeCause.ByUs);
        chain.Pass(2);

        book = Look(book, chain, chain.TakeLogs());
        Assert.Empty(book.Account.Flows);
        Assert.Equal((14_000 - 9_500) * 1000, book.Account.Carried.ByPayee[Given.Node].Value);

        book = AccountMachine.Open(book, Given.Lease("b", 500), chain.Look()).Book;
        Assert.Equal(CarriedRemainder.None, book.Account.Carried);
        Assert.Equal((14_000 - 9_500) * 1000, Drift.Of(book, book.Account.Flows[Given.Node], chain.Now)!.Amount.Value); // It has begun.
    }

    [Fact]
    public void An_account_tells_a_bounded_number_of_payees_apart_and_loses_nothing()
    {
        var carried = Enumerable.Range(1, 400).Aggregate(CarriedRemainder.None, (sum, i) => sum.Add(Any.AddressOf(i), MilliWei.Of(Given.Rate(i), 1)));

        Assert.Equal(CarriedRemainder.MostPayees, carried.ByPayee.Count);
        Assert.Equal(400 * 401 / 2, carried.Total.Value);
    }

    private static AccountBook Book(SecondBySecond chain) => AccountMachine.Open(AccountBook.Empty(Given.Key), Given.Lease("a", 1000), chain.Look()).Book;

    private static AccountBook Run(AccountBook book) =>
        AccountMachine.Report(book, LeaseId.Parse("a"), new ExecutionReport(Execution.Run, At(0, 0), DirectiveId: null)).Book;

    /// <summary>A commit raises the version; ended leases leave the book.</summary>
    private static AccountBook Stored(AccountBook book) => book with
    {
        Account = book.Account with { Version = book.Account.Version + 1 },
        Leases = book.Leases.RemoveRange(book.Leases.Values.Where(l => l.IsEnded).Select(l => l.Id)),
    };

    private static DateTimeOffset At(int seconds, int milliseconds) => DateTimeOffset.FromUnixTimeSeconds((long)Start + seconds).AddMilliseconds(milliseconds);

    private static AccountBook Look(AccountBook book, SecondBySecond chain, IReadOnlyList<FlowChange> logs) => Look(book, chain, logs, logs);

    private static AccountBook Look(AccountBook book, SecondBySecond chain, IReadOnlyList<FlowChange> changes, IReadOnlyList<FlowChange> told) =>
        Stored(AccountMachine.Observe(Stored(book), chain.Look(), changes, told: told).Book);

    /// <summary>One flow on a chain that has a block for each change, several in one second too.</summary>
    private sealed class SecondBySecond
    {
        private readonly List<FlowChange> _logs = [];
        private ulong _second;
        private ulong _block = 1;
        private long _rate;
        private ulong _changedAt;

        public BigInteger Streamed { get; private set; }

        public BlockTime Now => new(Start + _second);

        public void Pass(int seconds)
        {
            for (var i = 0; i < seconds; i++)
                Streamed += _rate;
            _second += (ulong)seconds;
            _block += (ulong)seconds;
        }

        public void Change(long rate, ChangeCause cause)
        {
            if (rate == _rate)
                return;
            (_rate, _changedAt) = (rate, _second);
            _block++;
            _logs.Add(Given.Change(_block, Given.Node, rate, cause, cause == ChangeCause.ByUs ? Reason.Unspecified : rate == 0 ? Reason.FlowClosedByPayer : Reason.FlowRateLowered) with
            {
                Evidence = new Evidence(new BlockNumber(_block), Now.ToDateTimeOffset(), Hash32.Parse("0x" + new string('a', 64)), "log"),
            });
        }

        public FlowChange[] TakeLogs()
        {
            FlowChange[] logs = [.. _logs];
            _logs.Clear();
            return logs;
        }

        public AccountObservation Look()
        {
            var seen = Given.Look(_block, Story.Rich, (Given.Node, _rate));
            return seen with
            {
                Block = seen.Block with { Time = Now },
                At = Now,
                Flows = seen.Flows.ToImmutableDictionary(f => f.Key, f => f.Value with { LastUpdated = new BlockTime(Start + _changedAt) }),
            };
        }
    }
}
