using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
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

    /// <summary>As nodes do not that began with somebody else's state.</summary>
    [Fact]
    public async Task What_the_day_has_cost_is_known_from_nodes_that_have_no_block_much_older_than_the_day()
    {
        var chain = new WithoutOldBlocks(Chain);
        var process = await StartAsync(Ports with { Chain = chain });
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        for (var i = 0; i < 100; i++)
            Chain.Mine();
        chain.Oldest = (await Chain.HeadAsync(Cancellation)).Block.Number;
        Time.Advance(TimeSpan.FromHours(13));
        await OpenAsync("two", 2, 1000);
        await SettleAsync(process);
        var paid = await SpentAsync();
        for (var i = 0; i < 50; i++)
            Chain.Mine();
        await EmptyAsync();

        await NoticeAsync(process);

        Assert.NotEqual(0, paid);
        Assert.Equal((paid, 0), (await SpentAsync(), await AssumedAsync()));
    }

    /// <summary>What is under way waits for the step.</summary>
    [Fact]
    public async Task What_the_day_has_cost_is_read_for_a_second_in_each_step()
    {
        var chain = new Slow(Chain, Time);
        var process = await StartAsync(Ports with { Chain = chain });
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        var paid = await SpentAsync();
        for (var i = 0; i < 1000; i++)
            Chain.Mine();
        await EmptyAsync();
        await process.StepAsync(Cancellation);

        var before = chain.Asked;
        await process.StepAsync(Cancellation);
        var (asked, assumed) = (chain.Asked - before, await AssumedAsync());
        for (var i = 0; i < 20; i++)
            await process.StepAsync(Cancellation);

        Assert.InRange(asked, 1, 5);
        Assert.NotEqual(0, assumed);
        Assert.Equal((paid, 0), (await SpentAsync(), await AssumedAsync()));
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
        var outlook = await new LaneOutlook(Redis, Keys).ReadAsync(Cancellation);
        Assert.Equal([800, 0], HistoryOf(1, Node));
        Assert.Empty(HistoryOf(2, Node));
        chain.Fails = false;
        Time.Advance(TimeSpan.FromMinutes(1));
        await SettleAsync(process);

        Assert.InRange(assumed, 1, Settings.DailyBudgetNavax);
        Assert.Contains(LaneTrouble.CostsAssumed, troubles);
        Assert.Equal(Reason.SettlementStalled, outlook.WhyNot(Urgency.Open)); // Gas is cheap.
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

    /// <summary>The budget would be spent on nonces that nobody ever used.</summary>
    [Fact]
    public async Task A_pool_that_counts_a_million_costs_a_few_nonces_and_one_that_does_so_alone_none()
    {
        var chain = new Counting(Chain);
        var process = await StartAsync(Ports with { Chain = chain });
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        await Database.HashSetAsync(Keys.HighWater, "stamp", 0);
        await process.StepAsync(Cancellation);
        await ReadJournalAsync();
        Time.Advance(LaneRecovery.Quiet + ForgottenNonces.Patience);

        await LookOftenAsync();
        var alone = Chain.Consumed;
        chain.IsAgreed = true;
        await LookOftenAsync();

        Assert.Equal(1UL, alone);
        Assert.Equal(1UL + ForgottenNonces.Most, Chain.Consumed);
        Assert.Empty(process.Broken);

        async Task LookOftenAsync()
        {
            for (var i = 0; i < 3 * ForgottenNonces.Most; i++)
            {
                await process.StepAsync(Cancellation);
                Chain.Mine();
                Time.Advance(ForgottenNonces.LookEvery);
            }
        }
    }

    private sealed class Counting(ILaneChain inner) : ChainDecorator(inner)
    {
        public bool IsAgreed { get; set; }

        public override async Task<PendingCount> PendingAsync(CancellationToken cancellationToken)
        {
            var real = (await base.PendingAsync(cancellationToken)).Highest;
            var told = new Nonce(real.Value + 1_000_000);
            return new PendingCount(told, IsAgreed ? told : null);
        }
    }

    private sealed class WithoutOldBlocks(ILaneChain inner) : ChainDecorator(inner)
    {
        public BlockNumber Oldest { get; set; }

        /// <summary>All later ones are of the next day.</summary>
        public override async Task<BlockTime> TimeOfAsync(BlockNumber block, CancellationToken cancellationToken)
        {
            if (block < Oldest)
                throw new RpcFailedException(new RpcOrigin("simulated", "any"), RpcFailure.Contradictory, $"nobody has block {block}");
            var time = await base.TimeOfAsync(block, cancellationToken);
            return block == Oldest ? time : new BlockTime(time.UnixSeconds + (13 * 60 * 60));
        }
    }

    private sealed class Slow(ILaneChain inner, Microsoft.Extensions.Time.Testing.FakeTimeProvider time) : ChainDecorator(inner)
    {
        public int Asked { get; private set; }

        public override Task<BlockTime> TimeOfAsync(BlockNumber block, CancellationToken cancellationToken)
        {
            Asked++;
            time.Advance(TimeSpan.FromSeconds(0.25));
            return base.TimeOfAsync(block, cancellationToken);
        }
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
