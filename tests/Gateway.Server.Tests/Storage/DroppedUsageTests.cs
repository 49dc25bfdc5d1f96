using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Requests;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>What the script drops of a lease's log of usage: a second of running, a second of being paused, and so on, from the second at which it was opened on.</summary>
public abstract class DroppedUsageTests(StorageKind kind) : StorageTest(kind)
{
    private const int Reports = 300;

    private static readonly LeaseId Id = LeaseId.Parse("a");

    /// <summary>Behind the 150th report.</summary>
    private static readonly BlockTime End = new((ulong)Given.Now.AddSeconds(150).ToUnixTimeSeconds() + 1);

    private AccountStore Store => new(Redis);

    private UsageLog Log => new(Redis);

    private LedgerStore Ledgers => new(Redis);

    [Fact]
    public async Task Records_of_what_ended_before_a_closed_period_did_go_some_at_a_time_and_what_they_add_up_to_stays()
    {
        var lease = await UsedAsync();
        await CloseAsync();
        var before = await Log.PastAsync(lease, Cancellation);
        var old = before.Records.Where(r => r.Until <= End.ToDateTimeOffset()).ToList();
        Assert.InRange(old.Count, 3, before.Records.Length - 1);

        Assert.Equal(2, await Log.DropAsync(lease, End, 2, Cancellation));
        await AssertSameAsync(lease, before, dropped: 2);
        Assert.Equal(End, await Ledgers.KeptSinceAsync(Given.Account, Cancellation));
        Assert.Equal(old.Count - 2, await Log.DropAsync(lease, End, 100, Cancellation));
        await AssertSameAsync(lease, before, old.Count);
        Assert.Equal(0, await Log.DropAsync(lease, End, 100, Cancellation));
    }

    [Fact]
    public async Task Nothing_is_dropped_where_no_period_was_closed_or_no_ledger_is()
    {
        var lease = await UsedAsync();
        var before = await Log.PastAsync(lease, Cancellation);

        Assert.Equal(0, await Log.DropAsync(lease, End, 100, Cancellation));
        await CloseAsync();
        Assert.Equal(0, await Log.DropAsync(lease, new BlockTime(End.UnixSeconds + 1), 100, Cancellation));
        await Database.KeyDeleteAsync(RedisKeys.Of(Given.Account).Ledger);
        Assert.Equal(0, await Log.DropAsync(lease, End, 100, Cancellation));

        await AssertSameAsync(lease, before, dropped: 0);
        Assert.Null(await Ledgers.KeptSinceAsync(Given.Account, Cancellation));
    }

    [Fact]
    public async Task A_report_of_what_is_dropped_is_refused_and_one_of_what_is_kept_and_known_is_taken_again()
    {
        var lease = await UsedAsync();
        await CloseAsync();
        await Log.DropAsync(lease, End, 100, Cancellation);
        var settled = new SettledUse(Log);

        var refused = await Assert.ThrowsAsync<InvalidRequestException>(() => settled.CheckAsync(lease, ReportAt(4), Cancellation));
        await settled.CheckAsync(lease, ReportAt(200), Cancellation);

        Assert.Contains("no longer kept", Assert.Single(refused.Problems).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_replicas_that_drop_at_once_count_nothing_twice()
    {
        var lease = await UsedAsync();
        await CloseAsync();
        var before = await Log.PastAsync(lease, Cancellation);
        await using var other = Connect();
        UsageLog[] logs = [Log, new UsageLog(other)];

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => logs[i % 2].DropAsync(lease, End, 1 + (i % 3), Cancellation)));

        await AssertSameAsync(lease, before, before.Records.Length - (await Log.PastAsync(lease, Cancellation)).Records.Length);
        while (await Log.DropAsync(lease, End, 1, Cancellation) > 0)
        {
            // To the end.
        }

        await AssertSameAsync(lease, before, before.Records.Count(r => r.Until <= End.ToDateTimeOffset()));
    }

    [Fact]
    public async Task What_is_dropped_while_a_vm_goes_on_takes_nothing_of_what_leaves_its_meter_meanwhile()
    {
        var (book, lease) = (await BookAsync(), await LoadAsync());
        await CloseAsync();
        var dropping = Task.Run(async () =>
        {
            for (var i = 0; i < 30; i++)
                await new UsageLog(Redis).DropAsync(lease, End, 1, Cancellation);
        }, Cancellation);
        for (var i = Reports; i < 2 * Reports; i++)
            book = await StoreAsync(book, Report(book, i));
        await dropping;

        lease = await LoadAsync();
        var past = await Log.PastAsync(lease, Cancellation);
        Assert.NotNull(past.Dropped);
        var all = past.Records.Aggregate(past.Dropped, (sum, r) => sum.Plus(r.Intervals, lease.Payees, r.Until));
        Assert.Equal(lease.Meter.Sealed, all);
    }

    private async Task AssertSameAsync(Lease lease, LeasePast before, int dropped)
    {
        var past = await Log.PastAsync(lease, Cancellation);
        Assert.Equal(before.Records.Skip(dropped).Select(r => r.Until), past.Records.Select(r => r.Until));
        Assert.Equal(before.Records.Skip(dropped).SelectMany(r => r.Intervals), past.Intervals);
        var sum = before.Records.Take(dropped).Aggregate(UsageSum.NothingUntil(lease.Meter.From), (all, r) => all.Plus(r.Intervals, lease.Payees, r.Until));
        Assert.Equal(dropped == 0 ? null : sum, past.Dropped);
    }

    private async Task CloseAsync() => Assert.True(await new PeriodStore(Redis).CloseAsync(Given.Account, Given.Period with { To = End }, after: null, Cancellation));

    private async Task<Lease> UsedAsync()
    {
        await BookAsync();
        return await LoadAsync();
    }

    private async Task<AccountBook> BookAsync()
    {
        Assert.True(await Ledgers.ExtendAsync(Given.Account, before: null, new StoredLedger(Given.Ledger, Mismatch: null), [], anew: true, Cancellation));
        var book = await StoreAsync(Given.Book(), new Decision(Given.Book(null, Given.Lease("a") with { PausedRate = Given.Rate(7) }), []));
        for (var i = 0; i < Reports; i++)
            book = await StoreAsync(book, Report(book, i));
        return book;
    }

    private static Decision Report(AccountBook book, int second) => AccountMachine.Report(book, Id, ReportAt(second));

    private static ExecutionReport ReportAt(int second) => new(second % 2 == 0 ? Execution.Run : Execution.Pause, Given.Now.AddSeconds(second), DirectiveId: null);

    private async Task<Lease> LoadAsync() => (await Store.FindLeaseAsync(Given.Account, Id, Cancellation))!; // It was stored.

    private async Task<AccountBook> StoreAsync(AccountBook before, Decision decision) => Assert.IsType<CommitResult.Committed>(
        await Store.CommitAsync(before, decision.Book, decision.Effects, NextLook.Never, Given.Now, Cancellation)).Book;
}
