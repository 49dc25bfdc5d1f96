using Gateway.Domain.Identity;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>Ledgers that are moved on many at once, and those that are not.</summary>
public abstract class LedgerBatchesTests(StorageKind kind) : StorageTest(kind)
{
    private static readonly DateTimeOffset Held = Given.Now.AddMinutes(5);
    private static readonly DateTimeOffset Next = Given.Now.AddHours(6);

    private static readonly BlockRef Later = new(new BlockNumber(200), Given.Hash(0x200), new BlockTime(1_795_530_000));

    private LedgerStore Ledgers => new(Redis);

    private LedgerBatches Batches => new(Redis);

    [Fact]
    public async Task Ledgers_of_many_shards_go_through_a_later_block_and_come_again_later()
    {
        var accounts = Enumerable.Range(1, 100).Select(i => new AccountKey(Given.Token, Given.Address(i))).ToList();
        foreach (var account in accounts)
            await StoreAsync(account);
        Assert.Equal(100, await ClaimAsync());

        var standing = await Batches.ReadAsync(accounts, Cancellation);
        await Batches.ContinueAsync(standing, Later, Held, Next, Cancellation);

        Assert.Equal(accounts, standing.Select(s => s.Account));
        Assert.All(await Batches.ReadAsync(accounts, Cancellation), s => Assert.Equal((Later, Given.BegunLedger.Origin), (s.Ledger.Through, s.Ledger.Origin)));
        Assert.Equal(Next.ToUnixTimeMilliseconds(), await DueAsync(accounts[0]));
        Assert.Equal(Given.BegunLedger.Open.Count, (await Ledgers.ReadAsync(accounts[0], Cancellation))!.Ledger.Open.Count);
    }

    [Fact]
    public async Task One_that_was_moved_or_made_due_meanwhile_is_left_as_it_is()
    {
        var (moved, due) = (Given.Account, new AccountKey(Given.Token, Given.Address(7)));
        await StoreAsync(moved);
        await StoreAsync(due);
        await ClaimAsync();
        var standing = await Batches.ReadAsync([moved, due], Cancellation);
        var further = Given.BegunLedger with { Through = Later with { Number = new BlockNumber(300) } };
        Assert.True(await Ledgers.ExtendAsync(moved, Given.BegunLedger, new StoredLedger(further, Mismatch: null), [], anew: false, Cancellation));
        await OpenAsync(due, "second");

        await Batches.ContinueAsync(standing, Later, Held, Next, Cancellation);

        Assert.Equal(further.Through, (await Ledgers.ReadAsync(moved, Cancellation))!.Ledger.Through);
        Assert.Equal(Held.ToUnixTimeMilliseconds(), await DueAsync(moved));
        Assert.Equal(Later, (await Ledgers.ReadAsync(due, Cancellation))!.Ledger.Through);
        Assert.Equal(Given.Now.ToUnixTimeMilliseconds(), await DueAsync(due));
    }

    [Fact]
    public async Task A_ledger_of_which_a_lease_is_not_indexed_yet_that_differs_or_that_is_not_there_does_not_stand()
    {
        var (fresh, different, none) = (Given.Account, new AccountKey(Given.Token, Given.Address(7)), new AccountKey(Given.Token, Given.Address(8)));
        await StoreAsync(fresh);
        await StoreAsync(different, "it differs");
        await OpenAsync(none, "none");

        Assert.Equal([fresh], (await Batches.ReadAsync([fresh, different, none], Cancellation)).Select(s => s.Account));
        var counted = await Batches.LeasesAsync(fresh, Cancellation);
        await OpenAsync(fresh, "second");
        await Batches.IndexedAsync(fresh, counted, Cancellation);

        Assert.Empty(await Batches.ReadAsync([fresh, different, none], Cancellation));
        await Batches.IndexedAsync(fresh, await Batches.LeasesAsync(fresh, Cancellation), Cancellation);
        Assert.Single(await Batches.ReadAsync([fresh, different, none], Cancellation));
    }

    [Fact]
    public async Task Leases_that_a_former_version_stored_were_not_counted_and_are_indexed_once_as_well()
    {
        await StoreAsync(Given.Account);
        await Database.HashDeleteAsync(RedisKeys.Of(Given.Account).Ledger, ["leases", "indexed"]);
        Assert.Empty(await Batches.ReadAsync([Given.Account], Cancellation));

        await Batches.IndexedAsync(Given.Account, await Batches.LeasesAsync(Given.Account, Cancellation), Cancellation);

        Assert.Single(await Batches.ReadAsync([Given.Account], Cancellation));
        await OpenAsync(Given.Account, "second");
        Assert.Empty(await Batches.ReadAsync([Given.Account], Cancellation));
    }

    private async Task StoreAsync(AccountKey account, string? mismatch = null)
    {
        await OpenAsync(account, $"first-{account.Payer}");
        Assert.True(await Ledgers.ExtendAsync(account, before: null, new StoredLedger(Given.BegunLedger, mismatch), [], anew: true, Cancellation));
        await Batches.IndexedAsync(account, await Batches.LeasesAsync(account, Cancellation), Cancellation);
    }

    private async Task OpenAsync(AccountKey account, string id)
    {
        var store = new AccountStore(Redis);
        var before = await store.LoadAsync(account, Cancellation);
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(before, before.With(Given.Lease(id, account)), [], NextLook.Never, Given.Now, Cancellation));
    }

    private async Task<int> ClaimAsync()
    {
        var claimed = 0;
        for (var some = 1; some > 0; claimed += some)
            some = (await Ledgers.ClaimDueAsync(Given.Now, Held, 256, Cancellation)).Count;
        return claimed;
    }

    private async Task<long?> DueAsync(AccountKey account) =>
        (long?)await Database.SortedSetScoreAsync(RedisKeys.Of(account).InShard.Ledgers, account.ToString());
}
