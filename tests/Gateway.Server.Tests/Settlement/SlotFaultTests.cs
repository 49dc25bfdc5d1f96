using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Storage;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>What others lose or double a change by (chain-and-transactions.md §6).</summary>
public abstract class SlotFaultTests(StorageKind kind) : SettlementTest(kind)
{
    [Fact]
    [Regression(1)]
    public async Task A_send_that_times_out_but_arrived_is_not_made_again()
    {
        Chain.Deliveries.Enqueue(Delivery.AnswerLost);
        var process = await OpenOneAsync();

        await SettleAsync(process);

        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal(1UL, Chain.Consumed);
    }

    [Theory]
    [Regression(9)]
    [InlineData(0)] // Lost: nobody has it.
    [InlineData(1)] // Accepted and silently forgotten.
    public async Task Bytes_that_no_pool_has_are_sent_again_unchanged(int how)
    {
        Chain.Deliveries.Enqueue(how == 0 ? Delivery.Lost : Delivery.Dropped);
        var process = await OpenOneAsync();
        Chain.Mine();
        Time.Advance(TimeSpan.FromSeconds(5));

        await process.StepAsync(Cancellation);

        Assert.Equal(2, Chain.Sent.Count);
        Assert.Equal(Chain.Sent[0].Hash, Chain.Sent[1].Hash);
        await SettleAsync(process);
        Assert.Equal([800], HistoryOf(1, Node));
    }

    [Fact]
    [Regression(10)]
    public async Task A_node_restart_that_loses_its_pool_costs_one_interval()
    {
        var process = await OpenOneAsync();
        Chain.ForgetPool();
        Time.Advance(TimeSpan.FromSeconds(4));
        await process.StepAsync(Cancellation);
        Assert.Equal(0, Chain.PoolSize);
        Time.Advance(TimeSpan.FromSeconds(1));

        await process.StepAsync(Cancellation);

        Assert.Equal(1, Chain.PoolSize);
        await SettleAsync(process);
        Assert.Single(Chain.Sent.Select(b => b.Hash).Distinct());
    }

    [Fact]
    [Regression(12)]
    public async Task A_restarted_process_sends_what_was_written_again_at_once()
    {
        Chain.Deliveries.Enqueue(Delivery.Lost);
        await OpenOneAsync();

        var next = await StartAsync();
        await next.StepAsync(Cancellation);

        Assert.Equal(2, Chain.Sent.Count);
        Assert.Equal(Chain.Sent[0].Hash, Chain.Sent[1].Hash);
        await SettleAsync(next);
        Assert.Equal([800], HistoryOf(1, Node));
    }

    [Fact]
    [Regression(3)]
    public async Task Without_any_receipt_a_nonce_counts_as_consumed_at_the_second_block_and_the_end_state_decides()
    {
        Chain.WithoutReceipts = true;
        var process = await OpenOneAsync();
        Chain.Mine();
        await process.StepAsync(Cancellation);
        await process.StepAsync(Cancellation);
        Assert.Single(await Lane.OpenSlotsAsync(Cancellation));
        Chain.Mine();

        await process.StepAsync(Cancellation);

        Assert.Empty(await Lane.OpenSlotsAsync(Cancellation));
        Assert.Equal("Foreign", await Database.HashGetAsync(Keys.Slot(new Nonce(0)), "outcome"));
        await SettleAsync(process);
        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal(LeaseState.Active, (await LeaseAsync("one", 1)).State);
    }

    [Fact]
    [Regression(3)]
    public async Task Two_endpoints_that_agree_need_no_second_block()
    {
        (Chain.WithoutReceipts, Chain.Endpoints) = (true, 2);
        var process = await OpenOneAsync();
        Chain.Mine();

        await process.StepAsync(Cancellation);

        Assert.Empty(await Lane.OpenSlotsAsync(Cancellation));
    }

    [Fact]
    [Regression(16)]
    public async Task A_nonce_that_a_foreign_transaction_took_is_followed_by_the_next_one()
    {
        var process = await OpenOneAsync();
        Chain.ConsumeByAnother();
        Chain.Endpoints = 2;

        await SettleAsync(process);

        Assert.Equal("Foreign", await Database.HashGetAsync(Keys.Slot(new Nonce(0)), "outcome"));
        Assert.Equal("Own", await Database.HashGetAsync(Keys.Slot(new Nonce(1)), "outcome"));
        Assert.Equal([800], HistoryOf(1, Node));
    }

    [Fact]
    public async Task A_price_that_fell_behind_is_raised_at_the_same_nonce_and_executed_once()
    {
        var process = await OpenOneAsync();
        Chain.BaseFee = Wei.FromGwei(10);
        Time.Advance(TimeSpan.FromSeconds(59));
        await process.StepAsync(Cancellation);
        Assert.Single(Chain.Sent.Select(b => b.Hash).Distinct());
        Time.Advance(TimeSpan.FromSeconds(1));

        await process.StepAsync(Cancellation);

        var slot = await OnlySlotAsync();
        Assert.Equal([AttemptKind.First, AttemptKind.Bump], slot.Attempts.Select(a => a.Kind));
        Assert.True(slot.Attempts[1].Batch.Fee.MaxFeePerGas.Value * 10 >= slot.Attempts[0].Batch.Fee.MaxFeePerGas.Value * 11);
        Assert.True(slot.Attempts[1].Batch.Fee.MaxPriorityFeePerGas.Value * 10 >= slot.Attempts[0].Batch.Fee.MaxPriorityFeePerGas.Value * 11);
        await SettleAsync(process);
        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal(1UL, Chain.Consumed);
    }

    [Fact]
    public async Task An_earlier_attempt_that_is_executed_after_all_closes_the_slot()
    {
        var process = await OpenOneAsync();
        Chain.Deliveries.Enqueue(Delivery.Lost);
        Chain.Deliveries.Enqueue(Delivery.Lost);
        Chain.BaseFee = Wei.FromGwei(10);
        Time.Advance(TimeSpan.FromSeconds(60));
        await process.StepAsync(Cancellation);
        Assert.Equal(2, (await OnlySlotAsync()).Attempts.Length);
        Chain.BaseFee = Wei.FromGwei(1);

        await SettleAsync(process);

        Assert.Equal("Own", await Database.HashGetAsync(Keys.Slot(new Nonce(0)), "outcome"));
        Assert.Equal([800], HistoryOf(1, Node));
    }

    [Fact]
    public async Task Bytes_that_no_node_would_take_are_cancelled_and_planned_again()
    {
        Chain.Deliveries.Enqueue(Delivery.Invalid);
        var process = await OpenOneAsync();
        Assert.Contains(LaneTrouble.InvalidTransaction, process.Troubles);

        await SettleAsync(process);

        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal(2UL, Chain.Consumed);
        Assert.Empty(process.Troubles);
    }

    [Fact]
    [Regression(31)]
    public async Task A_permission_revoked_between_simulation_and_execution_reverts_the_batch_and_then_takes_out_its_payer()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await OpenAsync("two", 2, 1000);
        await process.StepAsync(Cancellation);
        Chain.Revoked.Add(Given.Address(2));

        await SettleAsync(process);

        Assert.Equal("Reverted", await Database.HashGetAsync(Keys.Slot(new Nonce(0)), "outcome"));
        AssertPaid(1, 800, 200);
        AssertPaid(2, 0, 0);
        Assert.Equal(Reason.PermissionRevoked, (await LeaseAsync("two", 2)).Reason);
    }

    [Fact]
    public async Task A_batch_that_reverts_again_and_again_is_not_paid_for_at_every_block()
    {
        Chain.AlwaysReverts = true;
        var process = await OpenOneAsync();
        for (var block = 0; block < 60; block++)
        {
            Chain.Mine();
            Time.Advance(TimeSpan.FromSeconds(1));
            await process.StepAsync(Cancellation);
        }

        // At 0, at once, after 5, 10 and 20 seconds.
        Assert.InRange(Chain.Consumed, 3UL, 6UL);
    }

    [Fact]
    [Regression(17)]
    public async Task A_leader_that_wakes_up_after_another_one_took_over_writes_and_sends_nothing()
    {
        var vehicle = new HookedVehicle(Chain);
        var zombie = await StartAsync(Ports with { Vehicle = vehicle });
        await OpenAsync("one", 1, 1000);
        vehicle.BeforeSigning = async () =>
        {
            vehicle.BeforeSigning = null;
            var next = await StartAsync();
            await SettleAsync(next);
        };

        var result = await zombie.StepAsync(Cancellation);

        Assert.Equal(StepResult.NotLeading, result);
        Assert.Single(Chain.Sent);
        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal(StepResult.NotLeading, await zombie.StepAsync(Cancellation));
    }

    [Fact]
    [Regression(17)]
    public async Task A_leader_that_wakes_up_before_sending_sends_what_its_successor_has_already_settled()
    {
        var zombie = await StartAsync();
        await OpenAsync("one", 1, 1000);
        Chain.Arriving = async _ =>
        {
            Chain.Arriving = _ => Task.CompletedTask;
            await SettleAsync(await StartAsync());
        };

        await zombie.StepAsync(Cancellation);

        Assert.Equal(2, Chain.Sent.Count);
        Assert.Equal(Chain.Sent[0].Hash, Chain.Sent[1].Hash);
        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal(1UL, Chain.Consumed);
    }

    [Fact]
    [Regression(17)]
    public async Task What_was_written_when_the_claim_to_lead_may_have_run_out_is_not_sent_by_who_wrote_it()
    {
        var process = await StartAsync(Ports with { Lane = new SleepyLane(Lane, () => Time.Advance(LaneLeadership.Ttl - LaneLeadership.Margin)) });
        await OpenAsync("one", 1, 1000);

        Assert.Equal(StepResult.NotLeading, await process.StepAsync(Cancellation));

        Assert.Empty(Chain.Sent);
        Assert.Single((await OnlySlotAsync()).Attempts);
        await SettleAsync(await StartAsync());
        Assert.Equal([800], HistoryOf(1, Node));
    }

    /// <summary>The process sleeps between writing and sending, and cannot renew its claim afterwards.</summary>
    private sealed class SleepyLane(ILane inner, Action sleep) : LaneDecorator(inner)
    {
        private bool _asked;

        public override Task<string?> AcquireAsync(string owner, TimeSpan ttl, CancellationToken cancellationToken)
        {
            if (_asked)
                throw new StoreUnavailableException("no answer");
            _asked = true;
            return base.AcquireAsync(owner, ttl, cancellationToken);
        }

        public override async Task<AttemptAnswer> AppendAttemptAsync(
            string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, CancellationToken cancellationToken)
        {
            var answer = await base.AppendAttemptAsync(token, nonce, index, attempt, budgetNavax, cancellationToken);
            sleep();
            return answer;
        }
    }

    private async Task<LaneProcess> OpenOneAsync()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await process.StepAsync(Cancellation);
        return process;
    }
}

[Collection(Kinds.Redis)]
public sealed class SlotFault_on_redis(StandaloneRedis kind) : SlotFaultTests(kind);

[Collection(Kinds.Garnet)]
public sealed class SlotFault_on_garnet(EmbeddedGarnetRedis kind) : SlotFaultTests(kind);
