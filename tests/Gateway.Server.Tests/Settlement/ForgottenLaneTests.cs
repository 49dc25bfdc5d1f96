using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>What a lane must find out again once Redis forgot it: what the day has cost, and which nonces are in pools.</summary>
public abstract class ForgottenLaneTests(StorageKind kind) : LostLaneTest(kind)
{
    [Fact]
    public async Task What_the_day_has_cost_on_chain_counts_against_its_budget_again()
    {
        var process = await SettleOneAsync();
        var paid = await SpentAsync();
        await EmptyAsync();

        await NoticeAsync(process);

        Assert.NotEqual(0, paid);
        Assert.Equal(paid, await SpentAsync());
    }

    [Fact]
    public async Task What_the_day_has_cost_counts_however_many_blocks_ago_it_was_spent()
    {
        var process = await SettleOneAsync();
        var paid = await SpentAsync();
        for (var i = 0; i < 1000; i++)
            Chain.Mine();
        await EmptyAsync();

        await NoticeAsync(process);

        Assert.NotEqual(0, paid);
        Assert.Equal((paid, 0), (await SpentAsync(), await AssumedAsync()));
    }

    [Fact]
    public async Task What_the_day_before_has_cost_does_not_count()
    {
        var process = await SettleOneAsync();
        Time.Advance(TimeSpan.FromHours(13));
        await EmptyAsync();

        await NoticeAsync(process);

        Assert.Equal((0, 0), (await SpentAsync(), await AssumedAsync()));
    }

    /// <summary>What is not known is taken to be all that was left, but nobody loses money by a guess.</summary>
    [Fact]
    public async Task While_the_days_cost_cannot_be_read_what_can_wait_waits_and_what_is_urgent_goes()
    {
        var chain = new WithoutTimes(Chain);
        var process = await StartAsync(Ports with { Chain = chain });
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        await Database.HashSetAsync(Keys.HighWater, "stamp", 0);
        await process.StepAsync(Cancellation);
        await ReadJournalAsync();
        Time.Advance(LaneRecovery.Quiet);
        await OpenAsync("two", 2, 1000);
        await process.StepAsync(Cancellation);
        await CloseLeaseAsync("one", 1);
        for (var i = 0; i < 4; i++)
        {
            await process.StepAsync(Cancellation);
            Chain.Mine();
        }

        var (assumed, troubles) = (await AssumedAsync(), process.Troubles);
        Assert.Equal([800, 0], HistoryOf(1, Node));
        Assert.Empty(HistoryOf(2, Node));
        chain.Fails = false;
        Time.Advance(TimeSpan.FromMinutes(1));
        await SettleAsync(process);

        Assert.InRange(assumed, 1, Settings.DailyBudgetNavax);
        Assert.Contains(LaneTrouble.CostsAssumed, troubles);
        Assert.Equal(0, await AssumedAsync());
        Assert.Equal([800], HistoryOf(2, Node));
        Assert.Empty(process.Troubles);
    }

    /// <summary>Nothing else is to be done at its nonce: without that it could be executed tomorrow.</summary>
    [Fact]
    public async Task What_a_pool_keeps_of_a_forgotten_lane_is_taken_back_though_nothing_is_due()
    {
        var process = await SettleOneAsync();
        var snapshot = await StoreSnapshot.TakeAsync(Admin, Cancellation);
        await ResizeAsync("one", 1, 2000);
        await process.StepAsync(Cancellation);
        var forgotten = Chain.Sent[^1];
        await snapshot.RestoreAsync(Admin);
        await process.StepAsync(Cancellation);
        await ReadJournalAsync();

        Time.Advance(LaneRecovery.Quiet + ForgottenNonces.Patience - TimeSpan.FromSeconds(1));
        await process.StepAsync(Cancellation);
        Time.Advance(ForgottenNonces.LookEvery);
        await process.StepAsync(Cancellation);
        var early = await Lane.OpenSlotsAsync(Cancellation);
        Time.Advance(ForgottenNonces.LookEvery);
        await process.StepAsync(Cancellation);
        var taken = await OnlySlotAsync();
        await SettleAsync(process);

        Assert.Empty(early);
        Assert.Equal((new Nonce(1), AttemptKind.Cancel, 21_000UL), (taken.Nonce, taken.Newest!.Kind, taken.Newest.Batch.GasLimit));
        Assert.True(taken.Newest.Batch.Fee.MaxFeePerGas.Value * 10 >= forgotten.Fee.MaxFeePerGas.Value * 11);
        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal(2UL, Chain.Consumed);
        Assert.Empty(process.Broken);
    }

    /// <summary>Each costs gas, and the count is one node's word.</summary>
    [Fact]
    public async Task A_pool_that_counts_for_ever_too_many_is_believed_so_often_and_no_more()
    {
        var process = await StartAsync(Ports with { Chain = new Counting(Chain) });
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        await Database.HashSetAsync(Keys.HighWater, "stamp", 0);
        await process.StepAsync(Cancellation);
        await ReadJournalAsync();
        Time.Advance(LaneRecovery.Quiet + ForgottenNonces.Patience);

        for (var i = 0; i < 3 * ForgottenNonces.Most; i++)
        {
            await process.StepAsync(Cancellation);
            Chain.Mine();
            Time.Advance(ForgottenNonces.LookEvery);
        }

        await SettleAsync(process);
        Assert.Equal(ForgottenNonces.Most, Chain.Sent.DistinctBy(b => b.Hash).Count(b => b.GasLimit == 21_000));
    }

    private sealed class Counting(ILaneChain inner) : ChainDecorator(inner)
    {
        public override async Task<Nonce> PendingAsync(CancellationToken cancellationToken) => new((await base.PendingAsync(cancellationToken)).Value + 1000);
    }

    private sealed class WithoutTimes(ILaneChain inner) : ChainDecorator(inner)
    {
        public bool Fails { get; set; } = true;

        public override Task<BlockTime> TimeOfAsync(BlockNumber block, CancellationToken cancellationToken) => Fails
            ? throw new RpcFailedException(new RpcOrigin("simulated", "any"), RpcFailure.Timeout, "no endpoint has an answer")
            : base.TimeOfAsync(block, cancellationToken);
    }

    private async Task<long> AssumedAsync() => (await new LaneFiguresReader(Redis, Keys).ReadAsync(Time.GetUtcNow(), Cancellation)).AssumedNavax;
}

[Collection(Kinds.Redis)]
public sealed class ForgottenLane_on_redis(StandaloneRedis kind) : ForgottenLaneTests(kind);

[Collection(Kinds.Garnet)]
public sealed class ForgottenLane_on_garnet(EmbeddedGarnetRedis kind) : ForgottenLaneTests(kind);
