using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>What is urgent waits neither behind a stuck transaction nor for the block of one that is under way (chain-and-transactions.md §2.6.4).</summary>
public abstract class OvertakingTests(StorageKind kind) : SettlementTest(kind)
{
    [Fact]
    public async Task An_urgent_close_takes_the_place_of_a_batch_that_is_too_cheap_to_be_mined()
    {
        var process = await StuckAsync();
        await CloseLeaseAsync("two", 2);
        Time.Advance(TimeSpan.FromSeconds(3));

        await process.StepAsync(Cancellation);
        Chain.Mine();

        var slot = await OnlySlotAsync();
        Assert.Equal([AttemptKind.First, AttemptKind.Amend], slot.Attempts.Select(a => a.Kind));
        AssertPaid(2, 0, 0);
        AssertPaid(1, 0, 0); // Too dear for an opening.
        Assert.Equal(Chain.Consumed, slot.Nonce.Value + 1);

        Chain.BaseFee = Wei.FromGwei(1);
        await SettleAsync(process);
        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal([800, 0], HistoryOf(2, Node));
        Assert.Equal(LeaseState.Closed, (await LeaseAsync("two", 2)).State);
    }

    [Fact]
    public async Task What_can_still_pay_the_price_goes_along_with_the_urgent_part()
    {
        var process = await StuckAsync();
        await CloseLeaseAsync("two", 2);
        Settings.CeilingNavax.Open = 50;
        Time.Advance(TimeSpan.FromSeconds(3));

        await process.StepAsync(Cancellation);
        Chain.Mine();

        AssertPaid(2, 0, 0);
        AssertPaid(1, 800, 200);
    }

    [Fact]
    public async Task A_batch_whose_own_lease_was_closed_meanwhile_is_sent_without_it()
    {
        Chain.Deliveries.Enqueue(Delivery.Dropped);
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await OpenAsync("two", 2, 1000);
        await process.StepAsync(Cancellation);
        await CloseLeaseAsync("one", 1);
        Time.Advance(TimeSpan.FromSeconds(3));

        await process.StepAsync(Cancellation);
        await SettleAsync(process);

        Assert.Empty(HistoryOf(1, Node));
        AssertPaid(2, 800, 200);
        Assert.Equal(LeaseState.Closed, (await LeaseAsync("one", 1)).State);
    }

    [Fact]
    public async Task The_first_content_may_still_be_the_one_that_is_mined()
    {
        var process = await StuckAsync();
        await CloseLeaseAsync("two", 2);
        Time.Advance(TimeSpan.FromSeconds(3));
        Chain.Deliveries.Enqueue(Delivery.Lost);
        await process.StepAsync(Cancellation);
        Assert.Equal(2, (await OnlySlotAsync()).Attempts.Length);
        Chain.BaseFee = Wei.FromGwei(1);
        Chain.Mine();
        AssertPaid(1, 800, 200);
        AssertPaid(2, 800, 200);

        await SettleAsync(process);

        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal([800, 0], HistoryOf(2, Node));
        Assert.Equal(LeaseState.Closed, (await LeaseAsync("two", 2)).State);
    }

    [Fact]
    public async Task A_slot_is_amended_once_for_what_is_urgent_and_not_at_every_step()
    {
        var process = await StuckAsync();
        await CloseLeaseAsync("two", 2);
        for (var second = 0; second < 12; second++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await process.StepAsync(Cancellation);
        }

        Assert.Equal([AttemptKind.First, AttemptKind.Amend], (await OnlySlotAsync()).Attempts.Select(a => a.Kind));
    }

    [Fact]
    public async Task A_slot_that_is_not_stuck_is_left_alone_and_an_urgent_close_takes_the_next_nonce()
    {
        var process = await WithTwoPaidAsync();
        await OpenAsync("one", 1, 1000);
        await process.StepAsync(Cancellation);
        await CloseLeaseAsync("two", 2);

        await process.StepAsync(Cancellation);

        var slots = await Lane.OpenSlotsAsync(Cancellation);
        Assert.Equal([slots[0].Nonce, slots[0].Nonce.Next], slots.Select(s => s.Nonce));
        Assert.All(slots, s => Assert.Equal(AttemptKind.First, Assert.Single(s.Attempts).Kind));
        Chain.Mine();
        AssertPaid(1, 800, 200);
        AssertPaid(2, 0, 0);
        await SettleAsync(process);
        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal([800, 0], HistoryOf(2, Node));
    }

    [Fact]
    public async Task Nothing_goes_past_a_transaction_that_touches_its_own_account()
    {
        var process = await WithTwoPaidAsync();
        await OpenAsync("three", 2, 500, node: Given.Address(0xb1));
        await process.StepAsync(Cancellation);
        await CloseLeaseAsync("two", 2);

        await process.StepAsync(Cancellation);

        await OnlySlotAsync();
        await SettleAsync(process);
        Assert.Equal([800, 0], HistoryOf(2, Node));
        Assert.Equal([400], HistoryOf(2, Given.Address(0xb1)));
    }

    [Fact]
    public async Task A_slot_is_as_urgent_as_what_waits_behind_it()
    {
        var process = await WithTwoPaidAsync();
        Settings.CeilingNavax.Open = 5;
        await OpenAsync("one", 1, 1000);
        await process.StepAsync(Cancellation);
        await CloseLeaseAsync("two", 2);
        await process.StepAsync(Cancellation);
        Chain.BaseFee = Wei.FromGwei(8);
        Time.Advance(TimeSpan.FromSeconds(20));

        await process.StepAsync(Cancellation);
        Chain.Mine();

        AssertPaid(2, 0, 0);
        await SettleAsync(process);
    }

    /// <summary>Lease "two" is paid; lease "one" is in a transaction at a price that no block takes any more.</summary>
    private async Task<LaneProcess> StuckAsync()
    {
        var process = await WithTwoPaidAsync();
        Settings.CeilingNavax.Open = 5;
        await OpenAsync("one", 1, 1000);
        await process.StepAsync(Cancellation);
        Chain.BaseFee = Wei.FromGwei(8);
        return process;
    }

    private async Task<LaneProcess> WithTwoPaidAsync()
    {
        var process = await StartAsync();
        await OpenAsync("two", 2, 1000);
        await SettleAsync(process);
        return process;
    }
}

[Collection(Kinds.Redis)]
public sealed class Overtaking_on_redis(StandaloneRedis kind) : OvertakingTests(kind);

[Collection(Kinds.Garnet)]
public sealed class Overtaking_on_garnet(EmbeddedGarnetRedis kind) : OvertakingTests(kind);
