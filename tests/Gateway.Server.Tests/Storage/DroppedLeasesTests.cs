using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>What goes with a lease that ended long ago, and what stays of it.</summary>
public abstract class DroppedLeasesTests(StorageKind kind) : StorageTest(kind)
{
    private static readonly DateTimeOffset Ended = Given.Now.AddHours(1);

    /// <summary>So late that a period which ends there keeps no reading of them.</summary>
    private static readonly BlockTime Border = new((ulong)(Ended + StatementDrawer.MayBeCorrected).AddDays(1).ToUnixTimeSeconds());

    /// <summary>What is older need not be kept: those that ended some milliseconds before have been looked at for long enough.</summary>
    private static readonly DateTimeOffset Oldest = Ended + StatementDrawer.MayBeCorrected + TimeSpan.FromMilliseconds(1);

    private static ClosedPeriod Last => Given.Period with { To = Border };

    private AccountStore Store => new(Redis);

    private LeaseClaims Claims => new(Redis, Store);

    private EndedLeases Leases => new(Redis);

    private LeaseCompaction Compaction => new(Leases, Claims);

    [Fact]
    public async Task All_that_is_kept_of_it_goes_and_what_it_used_stays_in_the_sum()
    {
        await CloseAsync();
        var lease = await EndAsync("gone");
        await EndAsync("stays", Ended.AddMilliseconds(1));
        Assert.Contains(await KeysAsync(), k => k == RedisKeys.Of(Given.Account).InShard.Usage(lease.Id));
        var pending = RedisKeys.Of(Given.Account).InShard.Pending;
        Assert.Equal(2, await Database.SortedSetLengthAsync(pending));

        Assert.Equal(1, await RunAsync());
        Assert.Equal(0, await RunAsync());

        Assert.Equal(
            new[] { RedisKeys.LeaseIndex(lease.Id).ToString(), RedisKeys.Of(Given.Account).InShard.Void(lease.Id).ToString() }.Order(StringComparer.Ordinal),
            (await KeysAsync()).Where(k => k.Contains("gone", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Null(await Store.FindLeaseAsync(lease.Id, Cancellation));
        Assert.Equal(["stays"], (await new LeaseListing(Redis).ListAsync(LeaseFilter.All, 10, pageToken: null, Cancellation)).Leases.Select(l => l.Id.Value));
        Assert.Equal(["stays"], (await Leases.BeforeAsync(Given.Account, Ended.AddYears(1), 0, 10, Cancellation)).Select(l => l.Id.Value));
        Assert.Equal(1, await Database.SortedSetLengthAsync(pending));
        Assert.False(await Database.HashExistsAsync(RedisKeys.Of(Given.Account).Dropped, UsageLog.DroppedPrefix + "gone"));
        var dropped = await Leases.DroppedAsync(Given.Account, Cancellation);
        Assert.Equal((Border, 1L, lease.Meter.UsedAt(Ended).FloorToWei()), (dropped.Until, dropped.Count, dropped.Used));
        Assert.Equal([Given.Payee], dropped.Parts.Keys);
        Assert.Equal(Border, await new LedgerStore(Redis).KeptSinceAsync(Given.Account, Cancellation));
    }

    [Fact]
    public async Task Its_id_is_nobodys_for_a_while_and_then_as_if_it_had_never_been()
    {
        await CloseAsync();
        var lease = await EndAsync("gone");
        await RunAsync();
        var index = RedisKeys.LeaseIndex(lease.Id);

        foreach (var account in new[] { Given.Account, new AccountKey(Given.Token, Given.Address(0xee)) })
            Assert.IsType<LeaseClaim.Spent>(await Claims.ClaimAsync(lease.Id, account, Cancellation));
        Assert.InRange((await Database.KeyTimeToLiveAsync(index)).GetValueOrDefault(), LeaseClaims.SpentStands / 2, LeaseClaims.SpentStands);

        await Database.KeyDeleteAsync(index);
        Assert.IsType<LeaseClaim.Claimed>(await Claims.ClaimAsync(lease.Id, Given.Account, Cancellation));
    }

    [Fact]
    public async Task A_request_that_had_claimed_the_id_before_stores_no_lease_after()
    {
        await CloseAsync();
        await EndAsync("gone");
        var before = await Store.LoadAsync(Given.Account, Cancellation);
        await RunAsync();

        await Assert.ThrowsAsync<LeaseIdTakenException>(() => StoreAsync(before, before.With(Given.Lease("gone"))));
    }

    [Fact]
    public async Task Nothing_goes_where_no_period_was_closed_but_what_was_rejected_and_is_on_no_statement()
    {
        await EndAsync("closed");
        var rejected = await EndAsync("rejected", state: LeaseState.Rejected);

        Assert.Equal(1, await Compaction.RunAsync(Given.Account, last: null, Oldest, Cancellation));
        Assert.False(await Leases.DropAsync(Given.Account, Border, await Leases.DroppedAsync(Given.Account, Cancellation), [await FindAsync("closed")], Cancellation));

        Assert.Null(await Store.FindLeaseAsync(rejected.Id, Cancellation));
        Assert.NotNull(await Store.FindLeaseAsync(LeaseId.Parse("closed"), Cancellation));
        Assert.Equal(TokenAmount.Zero, (await Leases.DroppedAsync(Given.Account, Cancellation)).Used);
    }

    [Fact]
    public async Task One_whose_meter_reads_otherwise_than_was_stated_last_stays_until_that_is_stated_and_one_that_ended_behind_the_period_stays_too()
    {
        await CloseAsync();
        var lease = await EndAsync("late");
        await EndAsync("behind", Border.ToDateTimeOffset());
        await EndAsync("metered-behind", meterEnd: Border.ToDateTimeOffset().AddMilliseconds(1));
        var known = LeaseReading.Of(lease, [], Border.ToDateTimeOffset())!; // It has ended.
        Task<int> RunWithAsync(LeaseReading stated) => Compaction.RunAsync(
            Given.Account, Last with { Readings = Last.Readings.Add(lease.Id, stated) }, Oldest.AddDays(9), Cancellation);

        Assert.Equal(0, await RunWithAsync(known with { RunningMilliseconds = known.RunningMilliseconds - 1 }));
        Assert.Equal(0, await RunWithAsync(known with { Parts = known.Parts.SetItem(Given.Payee, known.Used + TokenAmount.FromWei(1)) }));
        Assert.Equal(1, await RunWithAsync(known));

        Assert.NotNull(await FindAsync("behind"));
        Assert.NotNull(await FindAsync("metered-behind"));
    }

    [Fact]
    public async Task One_that_changed_meanwhile_stays_with_all_that_were_to_go_with_it()
    {
        await CloseAsync();
        var (first, second) = (await EndAsync("first"), await EndAsync("second"));
        var late = await Store.LoadAsync(Given.Account, Cancellation);
        late = late.With(second);
        await StoreAsync(late, late.With(second with { Priority = 7 }));

        Assert.False(await Leases.DropAsync(Given.Account, Border, DroppedLeases.None, [first, second], Cancellation));

        Assert.Equal(DroppedLeases.None.Count, (await Leases.DroppedAsync(Given.Account, Cancellation)).Count);
        Assert.NotNull(await Store.FindLeaseAsync(first.Id, Cancellation));
        Assert.Equal(2, await RunAsync());
    }

    [Fact]
    public async Task A_sum_that_another_replica_has_added_to_since_it_was_read_is_not_written_over()
    {
        await CloseAsync();
        var (first, second) = (await EndAsync("first"), await EndAsync("second"));
        var read = await Leases.DroppedAsync(Given.Account, Cancellation);
        Assert.True(await Leases.DropAsync(Given.Account, Border, read, [first], Cancellation));

        Assert.False(await Leases.DropAsync(Given.Account, Border, read, [second], Cancellation));
        Assert.True(await Leases.DropAsync(Given.Account, Border, await Leases.DroppedAsync(Given.Account, Cancellation), [second], Cancellation));

        var dropped = await Leases.DroppedAsync(Given.Account, Cancellation);
        Assert.Equal((2L, first.Meter.UsedAt(Ended).FloorToWei() + second.Meter.UsedAt(Ended).FloorToWei()), (dropped.Count, dropped.Used));
    }

    [Fact]
    public async Task Stopped_before_the_script_a_lease_is_found_by_its_id_and_goes_the_next_time()
    {
        await CloseAsync();
        var lease = await EndAsync("gone");
        await Claims.SpendAsync(Given.Account, [lease.Id], Cancellation);

        Assert.NotNull(await Store.FindLeaseAsync(lease.Id, Cancellation));
        Assert.Equal(1, await RunAsync());

        Assert.Null(await Store.FindLeaseAsync(lease.Id, Cancellation));
    }

    [Fact]
    public async Task Two_replicas_at_once_drop_each_lease_once()
    {
        await CloseAsync();
        const int Count = 230;
        var used = TokenAmount.Zero;
        for (var i = 0; i < Count; i++)
            used += (await EndAsync($"l{i}", reports: 2 + (i % 3))).Meter.UsedAt(Ended).FloorToWei();
        await using var other = Connect();
        var store = new AccountStore(other);
        LeaseCompaction[] replicas = [Compaction, new(new EndedLeases(other), new LeaseClaims(other, store))];

        var dropped = (await Task.WhenAll(Enumerable.Range(0, 8).Select(i => replicas[i % 2].RunAsync(Given.Account, Last, Oldest, Cancellation)))).Sum();
        dropped += await RunAsync();

        Assert.Equal(Count, dropped);
        var sum = await Leases.DroppedAsync(Given.Account, Cancellation);
        Assert.Equal((Count, used), (sum.Count, sum.Used));
        Assert.Empty((await new LeaseListing(Redis).ListAsync(LeaseFilter.All, 1000, pageToken: null, Cancellation)).Leases);
    }

    private Task<int> RunAsync() => Compaction.RunAsync(Given.Account, Last, Oldest, Cancellation);

    private async Task CloseAsync()
    {
        Assert.True(await new PeriodStore(Redis).CloseAsync(Given.Account, Last, after: null, Cancellation));
        Assert.True(await new LedgerStore(Redis).ExtendAsync(Given.Account, before: null, new StoredLedger(Given.Ledger, Mismatch: null), [], anew: true, Cancellation));
    }

    /// <summary>A lease that started and stopped in turn until it ended, with a line of history, a directive that nobody reported on, and use that has left its meter.</summary>
    private async Task<Lease> EndAsync(string id, DateTimeOffset? at = null, LeaseState state = LeaseState.Closed, int reports = 100, DateTimeOffset? meterEnd = null)
    {
        var (lease, ended) = (Given.Lease(id) with { Rate = Given.Rate(1_001) }, at ?? Ended);
        await Claims.ClaimAsync(lease.Id, Given.Account, Cancellation);
        var book = await Store.LoadAsync(Given.Account, Cancellation);
        var meter = Meter.Opened(Given.Now, new MeterPrice(lease.Rate, lease.PausedRate, IsCutOff: false));
        List<Effect> effects =
        [
            new Effect.Note(lease.Id, NoteKind.Report, "ran", Evidence: null),
            new Effect.IssueDirective(lease.Id, lease.VmId, Execution.Terminate, Reason.Unspecified, UnpaidFrom: null, Evidence: null),
        ];
        for (var i = 0; i < reports; i++)
        {
            var told = meter.Told(i % 2 == 0 ? MeterPhase.Running : MeterPhase.Paused, Given.Now.AddMilliseconds(i * 333), Given.Now.AddMilliseconds(i * 333));
            (meter, var record) = Sealing.Trim(told, lease.Payees);
            if (record is not null)
                effects.Add(new Effect.RecordUse(lease.Id, record));
        }

        book = await StoreAsync(book, book.With(lease with { Meter = meter }), effects);
        await StoreAsync(book, book.With(book.Leases[lease.Id] with { State = state, ClosedAt = ended, Meter = meter.Ended(meterEnd ?? ended) }));
        return await FindAsync(id);
    }

    private async Task<Lease> FindAsync(string id) => (await Store.FindLeaseAsync(Given.Account, LeaseId.Parse(id), Cancellation))!; // It was stored.

    private async Task<AccountBook> StoreAsync(AccountBook before, AccountBook after, IReadOnlyList<Effect>? effects = null) => Assert.IsType<CommitResult.Committed>(
        await Store.CommitAsync(before, after, effects ?? [], NextLook.Never, Given.Now, Cancellation)).Book;
}
