using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>A Redis that forgets, under a lane that has sent something since (chain-and-transactions.md §2.9, §5).</summary>
public abstract class LaneRecoveryTests(StorageKind kind) : LostLaneTest(kind)
{
    [Fact]
    public async Task A_lane_on_a_new_chain_and_an_empty_Redis_plans_at_once()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);

        await process.StepAsync(Cancellation);

        Assert.Single(Chain.Sent);
        Assert.Empty(process.Troubles);
        Assert.True(await HighWater.IsJournalReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_restart_on_an_untouched_Redis_is_no_loss()
    {
        await SettleOneAsync();

        var next = await StartAsync();
        await ResizeAsync("one", 1, 2000);
        await SettleAsync(next);

        Assert.Empty(next.Troubles);
        Assert.Equal([800, 1600], HistoryOf(1, Node));
    }

    [Fact]
    public async Task A_slot_that_was_closed_just_before_the_process_died_is_known_to_the_next_one()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await process.StepAsync(Cancellation);
        Chain.Mine();
        // Closes it: what is consumed by now stands in the mark only from the next step on.
        await process.StepAsync(Cancellation);
        await Database.HashSetAsync(Keys.HighWater, "consumed", 0);

        var next = await StartAsync();
        await next.StepAsync(Cancellation);

        Assert.Empty(next.Troubles);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_an_empty_Redis_nothing_is_planned_until_the_journal_is_read_and_half_a_minute_is_over(bool restarted)
    {
        var process = await SettleOneAsync();
        await EmptyAsync();
        if (restarted)
            process = await StartAsync();
        await OpenAsync("two", 2, 1000);

        await NoticeAsync(process);
        Assert.Contains(LaneTrouble.StoreRegressed, process.Troubles);
        await ReadJournalAsync();
        Time.Advance(LaneRecovery.Quiet - TimeSpan.FromSeconds(1));
        await process.StepAsync(Cancellation);
        Assert.Empty(HistoryOf(2, Node));
        Assert.Single(Chain.Sent);
        Time.Advance(TimeSpan.FromSeconds(1));
        await SettleAsync(process);

        Assert.Equal([800], HistoryOf(2, Node));
        Assert.Empty(process.Troubles);
    }

    [Fact]
    public async Task Time_alone_does_not_end_it()
    {
        var process = await SettleOneAsync();
        await EmptyAsync();
        await OpenAsync("two", 2, 1000);
        await NoticeAsync(process);
        Time.Advance(TimeSpan.FromHours(1));

        await process.StepAsync(Cancellation);

        Assert.Empty(HistoryOf(2, Node));
        Assert.Contains(LaneTrouble.StoreRegressed, process.Troubles);
        Assert.False(await HighWater.IsJournalReadAsync(Cancellation));
    }

    [Fact]
    public async Task A_Redis_that_lost_one_change_of_the_lane_is_found_out_by_who_made_it()
    {
        var process = await SettleOneAsync();
        var snapshot = await StoreSnapshot.TakeAsync(Admin, Cancellation);
        await ResizeAsync("one", 1, 2000);
        await process.StepAsync(Cancellation);
        await snapshot.RestoreAsync(Admin);

        await process.StepAsync(Cancellation);

        Assert.Contains(LaneTrouble.StoreRegressed, process.Troubles);
    }

    [Fact]
    public async Task A_process_that_begins_after_the_loss_finds_a_consumed_nonce_that_nobody_bound()
    {
        var process = await SettleOneAsync();
        var snapshot = await StoreSnapshot.TakeAsync(Admin, Cancellation);
        await ResizeAsync("one", 1, 2000);
        await SettleAsync(process);
        await snapshot.RestoreAsync(Admin);

        var next = await StartAsync();
        await next.StepAsync(Cancellation);

        Assert.Contains(LaneTrouble.StoreRegressed, next.Troubles);
    }

    /// <summary>The lane is at the old rate again by its store, while the transaction for the new one is under way: nothing is sent twice, and the newest wish holds.</summary>
    [Fact]
    public async Task What_was_sent_and_forgotten_is_outbid_at_its_own_nonce()
    {
        var process = await SettleOneAsync();
        var snapshot = await StoreSnapshot.TakeAsync(Admin, Cancellation);
        await ResizeAsync("one", 1, 2000);
        await process.StepAsync(Cancellation);
        var forgotten = Chain.Sent[^1];
        await snapshot.RestoreAsync(Admin);

        await process.StepAsync(Cancellation);
        await ResizeAsync("one", 1, 3000);
        await ReadJournalAsync();
        Time.Advance(LaneRecovery.Quiet);
        await process.StepAsync(Cancellation);

        var taken = Chain.Sent[^1];
        Assert.NotEqual(forgotten.Hash, taken.Hash);
        Assert.True(taken.Fee.MaxFeePerGas.Value * 10 >= forgotten.Fee.MaxFeePerGas.Value * 11);
        Assert.Equal(new Nonce(1), (await OnlySlotAsync()).Nonce);
        Assert.Equal(1, Chain.PoolSize);
        await SettleAsync(process);
        Assert.Equal([800, 2400], HistoryOf(1, Node));
        Assert.Equal(2UL, Chain.Consumed);
    }

    [Fact]
    public async Task A_forgotten_transaction_that_is_executed_first_is_seen_and_not_repeated()
    {
        var process = await SettleOneAsync();
        var snapshot = await StoreSnapshot.TakeAsync(Admin, Cancellation);
        await ResizeAsync("one", 1, 2000);
        await process.StepAsync(Cancellation);
        await snapshot.RestoreAsync(Admin);
        await process.StepAsync(Cancellation);
        Chain.Mine();
        await ResizeAsync("one", 1, 2000);
        await ReadJournalAsync();
        Time.Advance(LaneRecovery.Quiet);

        await SettleAsync(process);

        Assert.Equal([800, 1600], HistoryOf(1, Node));
        Assert.Equal(2UL, Chain.Consumed);
    }

    [Fact]
    public async Task A_stranger_with_the_same_key_does_not_stop_a_lane_that_remembers()
    {
        var process = await SettleOneAsync();
        for (var i = 0; i < 10; i++)
            Chain.ConsumeByAnother();
        await ResizeAsync("one", 1, 2000);

        await SettleAsync(process);

        Assert.Empty(process.Troubles);
        Assert.Equal([800, 1600], HistoryOf(1, Node));
    }

    [Fact]
    public async Task A_leader_whose_writing_was_lost_writes_nothing_more()
    {
        var token = await Lane.AcquireAsync("one", Ttl, Cancellation);
        await Database.KeyDeleteAsync(Keys.Leader);

        Assert.Null(await HighWater.RaiseAsync(token!, new Nonce(1), new BlockNumber(1), server: null, loss: null, Cancellation));
        Assert.Null((await HighWater.ReadAsync(newestConsumed: null, Cancellation)).Mark);
    }

    [Fact]
    public async Task Two_losses_are_made_good_from_before_the_first()
    {
        var token = (await Lane.AcquireAsync("one", Ttl, Cancellation))!;
        await HighWater.RaiseAsync(token, new Nonce(1), new BlockNumber(500), "a", new LaneLoss(new BlockNumber(300), Time.GetUtcNow()), Cancellation);
        await HighWater.RaiseAsync(token, new Nonce(1), new BlockNumber(900), "a", new LaneLoss(new BlockNumber(700), Time.GetUtcNow()), Cancellation);

        var known = await HighWater.ReadAsync(newestConsumed: null, Cancellation);
        var isRead = await HighWater.IsJournalReadAsync(Cancellation);
        Assert.True(await HighWater.JournalReadAsync(new BlockNumber(900), known.QuietUntil, Cancellation));
        var after = await HighWater.ReadAsync(newestConsumed: null, Cancellation);

        Assert.Equal((false, false, new BlockNumber(300)), (isRead, known.IsJournalRead, known.JournalFrom));
        Assert.Equal((true, null), (after.IsJournalRead, after.JournalFrom));
        Assert.True(await HighWater.IsJournalReadAsync(Cancellation));
        Assert.Equal(2UL, after.Mark!.Stamp);
    }

    /// <summary>Half a minute after it was begun, Redis may be another one.</summary>
    [Fact]
    public async Task A_reading_that_was_begun_before_another_loss_does_not_make_that_one_good()
    {
        var token = (await Lane.AcquireAsync("one", Ttl, Cancellation))!;
        var loss = new LaneLoss(new BlockNumber(300), Time.GetUtcNow());
        var first = await HighWater.RaiseAsync(token, new Nonce(1), new BlockNumber(500), server: null, loss, Cancellation);
        var second = await HighWater.RaiseAsync(token, new Nonce(1), new BlockNumber(501), server: null, loss, Cancellation);

        var old = await HighWater.JournalReadAsync(new BlockNumber(500), first!.QuietUntil, Cancellation);
        var isRead = await HighWater.IsJournalReadAsync(Cancellation);

        Assert.Equal((false, false), (old, isRead));
        Assert.True(await HighWater.JournalReadAsync(new BlockNumber(501), second!.QuietUntil, Cancellation));
    }

    [Fact]
    public async Task A_reading_that_ends_in_a_store_that_was_emptied_meanwhile_opens_nothing()
    {
        await SettleOneAsync();
        await EmptyAsync();

        Assert.False(await HighWater.JournalReadAsync(new BlockNumber(500), loss: null, Cancellation));
        Assert.False(await HighWater.IsJournalReadAsync(Cancellation));
    }

    /// <summary>It was said in the lane, and before it was said in the shards the process died or had no answer.</summary>
    [Fact]
    public async Task Shards_that_were_not_shut_off_are_so_by_the_next_step()
    {
        var process = await SettleOneAsync();
        await EmptyAsync();
        await NoticeAsync(process);
        await Database.HashDeleteAsync(Keys.HighWater, "shut");
        await Database.StringSetAsync(RedisKeys.OfShard(7).Journal, 1);

        var early = await HighWater.JournalReadAsync(new BlockNumber(500), (await HighWater.ReadAsync(newestConsumed: null, Cancellation)).QuietUntil, Cancellation);
        await (await StartAsync()).StepAsync(Cancellation);

        Assert.False(early);
        Assert.False(await Database.KeyExistsAsync(RedisKeys.OfShard(7).Journal));
    }

    [Fact]
    public async Task A_process_that_begins_after_a_loss_was_found_waits_for_what_is_left_of_the_quiet_time()
    {
        var process = await SettleOneAsync();
        await EmptyAsync();
        await NoticeAsync(process);
        await ReadJournalAsync();
        await OpenAsync("two", 2, 1000);

        var next = await StartAsync();
        await next.StepAsync(Cancellation);
        var before = HistoryOf(2, Node).Count();
        Time.Advance(LaneRecovery.Quiet);
        await SettleAsync(next);

        Assert.Equal(0, before);
        Assert.Equal([800], HistoryOf(2, Node));
    }

    /// <summary>Nobody is paid late, and no slot is stuck, because an archive has no answer.</summary>
    [Fact]
    public async Task While_the_chain_cannot_be_searched_open_slots_are_closed_and_what_was_read_is_kept()
    {
        for (var i = 0; i < 100; i++)
            Chain.Mine();
        var chain = new FailingSearch(Chain);
        var process = await StartAsync(Ports with { Chain = chain });
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        await ResizeAsync("one", 1, 2000);
        await process.StepAsync(Cancellation);
        await Database.HashSetAsync(Keys.HighWater, "stamp", 0);
        Chain.Mine();

        await process.StepAsync(Cancellation);
        var (open, troubles) = (await Lane.OpenSlotsAsync(Cancellation), process.Troubles);
        chain.Fails = false;
        await process.StepAsync(Cancellation);

        Assert.Empty(open);
        Assert.Contains(LaneTrouble.StoreRegressed, troubles);
        // The one that failed is asked for again, and none before it. What the day has cost is read afterwards.
        Assert.Equal([0UL, 32, 32, 64, 96], chain.Asked.Take(5).Select(b => b.Value));
    }

    /// <summary>Its stamps have begun anew, and what this process remembers is older than that.</summary>
    [Fact]
    public async Task What_another_leader_has_made_good_is_no_new_loss_to_the_one_before()
    {
        var former = await SettleOneAsync();
        await EmptyAsync();
        var other = await StartAsync();
        await NoticeAsync(other);
        await ReadJournalAsync();
        Time.Advance(LaneRecovery.Quiet);
        await other.StepAsync(Cancellation);
        var before = await HighWater.ReadAsync(newestConsumed: null, Cancellation);

        await former.StepAsync(Cancellation);
        await Database.KeyDeleteAsync(Keys.Leader);
        await former.StepAsync(Cancellation);
        await former.StepAsync(Cancellation);
        var after = await HighWater.ReadAsync(newestConsumed: null, Cancellation);

        Assert.Equal(before.QuietUntil, after.QuietUntil);
        Assert.True(after.Mark!.Epoch > before.Mark!.Epoch);
        Assert.Empty(former.Troubles);
        Assert.Empty(former.Broken);
    }

    private sealed class FailingSearch(ILaneChain inner) : ChainDecorator(inner)
    {
        public bool Fails { get; set; } = true;

        public List<BlockNumber> Asked { get; } = [];

        public override Task<IReadOnlyList<PastTransaction>> OwnTransactionsAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken)
        {
            Asked.Add(from);
            return Fails && Asked.Count > 1
                ? throw new RpcFailedException(new RpcOrigin("simulated", "any"), RpcFailure.Timeout, "no endpoint has an answer")
                : base.OwnTransactionsAsync(from, to, cancellationToken);
        }
    }
}

[Collection(Kinds.Redis)]
public sealed class LaneRecovery_on_redis(StandaloneRedis kind) : LaneRecoveryTests(kind);

[Collection(Kinds.Garnet)]
public sealed class LaneRecovery_on_garnet(EmbeddedGarnetRedis kind) : LaneRecoveryTests(kind);
