using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>What leaves a meter is in the log, once, whoever stored it.</summary>
public abstract class UsageLogTests(StorageKind kind) : StorageTest(kind)
{
    private static readonly LeaseId Id = LeaseId.Parse("a");

    private AccountStore Store => new(Redis);

    private UsageLog Log => new(Redis);

    [Fact]
    public async Task Every_interval_of_a_vm_that_starts_and_stops_is_kept()
    {
        var book = await OpenAsync();
        for (var i = 0; i < 300; i++)
            book = await StoreAsync(book, Report(book, i));

        var lease = await LoadAsync();
        var all = await Log.ReadAsync(lease, Given.Now.AddSeconds(300), Cancellation);

        Assert.Equal(Expected(300), all);
        Assert.InRange((await Log.ReadSealedAsync(lease, Cancellation)).Length, 200, 299);
        Assert.Equal(all.Aggregate(MilliWei.Zero, (sum, i) => sum + i.Used), lease.Meter.UsedAt(Given.Now.AddSeconds(300)));
    }

    [Fact]
    public async Task The_last_interval_ends_where_it_is_asked_to()
    {
        var book = await OpenAsync();
        for (var i = 0; i < 100; i++)
            book = await StoreAsync(book, Report(book, i));

        Assert.Equal([.. Expected(3), Expected(4)[3] with { To = Given.Now.AddSeconds(3.5) }], await Log.ReadAsync(await LoadAsync(), Given.Now.AddSeconds(3.5), Cancellation));
    }

    [Fact]
    public async Task A_decision_that_another_one_overtook_leaves_nothing_in_the_log()
    {
        var book = await OpenAsync();
        for (var i = 0; i < Sealing.MostReports; i++)
            book = await StoreAsync(book, Report(book, i));
        var decision = Report(book, Sealing.MostReports);
        Assert.Single(decision.Effects.OfType<Effect.RecordUse>());
        var winner = Report(book, 0.5);
        await StoreAsync(book, winner);

        var overtaken = await Store.CommitAsync(book, decision.Book, decision.Effects, NextLook.Never, Given.Now, Cancellation);

        Assert.IsType<CommitResult.Conflict>(overtaken);
        var kept = await Log.ReadSealedAsync(await LoadAsync(), Cancellation);
        Assert.Equal(Assert.Single(winner.Effects.OfType<Effect.RecordUse>()).Record.Intervals, kept);
    }

    [Fact]
    public async Task Of_what_one_decision_seals_of_several_leases_each_is_in_its_own_log()
    {
        var opened = await OpenAsync();
        var book = await StoreAsync(opened, new Decision(opened.With(Given.Lease("b")), []));
        foreach (var id in book.Leases.Keys)
        {
            foreach (var (execution, at) in new[] { (Execution.Run, 1), (Execution.Pause, id == Id ? 2 : 3) })
                book = await StoreAsync(book, AccountMachine.Report(book, id, new ExecutionReport(execution, Given.Now.AddSeconds(at), DirectiveId: null)));
        }

        book = await StoreAsync(book, book.Leases.Values.Aggregate(new Decision(book, []), (decision, lease) =>
        {
            var (meter, record) = Sealing.Through(lease.Meter, lease.Payees, Given.Now.AddSeconds(10));
            return new Decision(decision.Book.With(lease with { Meter = meter }), [.. decision.Effects, new Effect.RecordUse(lease.Id, record!)]);
        }));

        foreach (var lease in book.Leases.Values)
        {
            var ran = Assert.Single(await Log.ReadSealedAsync(lease, Cancellation));
            Assert.Equal((lease.Id == Id ? 1000 : 2000, MeterPhase.Running), (ran.Milliseconds, ran.Phase));
        }
    }

    private static ImmutableArray<UsageInterval> Expected(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new UsageInterval(
            Given.Now.AddSeconds(i), Given.Now.AddSeconds(i + 1), i % 2 == 0 ? MeterPhase.Running : MeterPhase.Paused, i % 2 == 0 ? Given.Rate(1000) : Given.Rate(7))),
    ];

    private static Decision Report(AccountBook book, double second) => AccountMachine.Report(
        book, Id, new ExecutionReport(second % 2 == 0 ? Execution.Run : Execution.Pause, Given.Now.AddSeconds(second), DirectiveId: null));

    private Task<AccountBook> OpenAsync() => StoreAsync(Given.Book(), new Decision(Given.Book(null, Given.Lease("a") with { PausedRate = Given.Rate(7) }), []));

    private async Task<Lease> LoadAsync() => (await Store.FindLeaseAsync(Given.Account, Id, Cancellation))!;

    private async Task<AccountBook> StoreAsync(AccountBook before, Decision decision) => Assert.IsType<CommitResult.Committed>(
        await Store.CommitAsync(before, decision.Book, decision.Effects, NextLook.Never, Given.Now, Cancellation)).Book;
}
