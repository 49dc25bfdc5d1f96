using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Testing;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class LaneSlotTests(StorageKind kind) : LaneTest(kind)
{
    [Fact]
    public async Task A_reserved_flow_is_under_way_and_not_due()
    {
        await MarkAsync(1, 100, 1);
        await MarkAsync(2, 100, 1);
        var (token, _) = await ReserveAsync(5, [1]);

        Assert.Equal([2], await DueNumbersAsync());
        var slot = Assert.Single(await Lane.OpenSlotsAsync(Cancellation));
        Assert.Equal((new Nonce(5), Given.Now), (slot.Nonce, slot.At));
        Assert.Equal(Plan([1]).Flows.AsEnumerable(), slot.Plan.Flows);
        Assert.Equal(["00-x"], slot.Plan.Contexts.AsEnumerable());
        Assert.Equal(ReserveAnswer.FlowBusy, await Lane.ReserveAsync(token, new Nonce(6), Plan([1]), 2, Given.Now, Cancellation));
    }

    [Fact]
    public async Task A_reservation_is_refused_with_its_reason()
    {
        await MarkAsync(1, 100, 1);
        await MarkAsync(2, 100, 7);
        var (token, _) = await ReserveAsync(5, [1]);

        Assert.Equal(ReserveAnswer.Fenced, await Lane.ReserveAsync("one|1", new Nonce(6), Plan([2]), 2, Given.Now, Cancellation));
        Assert.Equal(ReserveAnswer.NonceBound, await Lane.ReserveAsync(token, new Nonce(5), Plan([2]), 2, Given.Now, Cancellation));
        Assert.Equal(ReserveAnswer.TooManyOpen, await Lane.ReserveAsync(token, new Nonce(6), Plan([2]), 1, Given.Now, Cancellation));
        Assert.Equal(ReserveAnswer.NotContiguous, await Lane.ReserveAsync(token, new Nonce(7), Plan([2]), 2, Given.Now, Cancellation));
        Assert.Equal(ReserveAnswer.StaleGeneration, await Lane.ReserveAsync(token, new Nonce(6), Plan([2]), 2, Given.Now, Cancellation));
        Assert.Equal([2], await DueNumbersAsync());
    }

    [Fact]
    [Regression(15)]
    [Regression(23)]
    public async Task An_attempt_is_there_with_its_bytes_before_it_can_be_sent()
    {
        await MarkAsync(1, 100, 1);
        var (token, slot) = await ReserveAsync(5, [1]);
        var first = Attempt(1, gwei: 10);
        var second = Attempt(2, gwei: 20, AttemptKind.Bump);

        Assert.Equal(AttemptAnswer.Written, await AppendAsync(token, slot, 0, first));
        Assert.Equal(AttemptAnswer.Raced, await AppendAsync(token, slot, 0, second));
        Assert.Equal(AttemptAnswer.Fenced, await AppendAsync("two|2", slot, 1, second));
        Assert.Equal(AttemptAnswer.NoSlot, await AppendAsync(token, slot with { Nonce = new Nonce(6) }, 0, second));
        Assert.Equal(AttemptAnswer.Written, await AppendAsync(token, slot, 1, second));

        var attempts = Assert.Single(await Lane.OpenSlotsAsync(Cancellation)).Attempts;
        Assert.Equal([WithoutBytes(first), WithoutBytes(second)], attempts.Select(WithoutBytes));
        Assert.Equal([first.Batch.Raw.ToArray(), second.Batch.Raw.ToArray()], attempts.Select(a => a.Batch.Raw.ToArray()));
        Assert.Equal(5, (int)await Database.HashGetAsync(Keys.Hash, first.Batch.Hash.ToString()));
    }

    [Fact]
    public async Task An_amendment_says_anew_what_a_slot_is_for_in_one_write_with_its_bytes()
    {
        await MarkAsync(1, 100, 1);
        await MarkAsync(2, 100, 1);
        await MarkAsync(3, 100, 1);
        var (token, slot) = await ReserveAsync(5, [1]);
        var (_, above) = await ReserveAsync(6, [3]);
        await AppendAsync(token, slot, 0, Attempt(1, gwei: 10));
        await MarkAsync(1, 0, 2, Urgency.StopLoss);
        var amended = new SlotPlan([.. Plan([1], generation: 2).Flows, .. Plan([2]).Flows], ["00-y"]);
        var attempt = Attempt(2, gwei: 20, AttemptKind.Amend);

        Assert.Equal(AttemptAnswer.Fenced, await AmendAsync("two|2", slot, 1, attempt, amended));
        Assert.Equal(AttemptAnswer.Raced, await AmendAsync(token, slot, 0, attempt, amended));
        Assert.Equal(AttemptAnswer.Stale, await AmendAsync(token, slot, 1, attempt, Plan([1, 2])));
        Assert.Equal(AttemptAnswer.Stale, await AmendAsync(token, slot, 1, attempt, new SlotPlan([.. amended.Flows, .. above.Plan.Flows], [])));
        Assert.Single((await Lane.OpenSlotsAsync(Cancellation))[0].Attempts);
        Assert.Equal([2], await DueNumbersAsync());

        Assert.Equal(AttemptAnswer.Written, await AmendAsync(token, slot, 1, attempt, amended));

        var stored = (await Lane.OpenSlotsAsync(Cancellation))[0];
        Assert.Equal(amended.Flows.AsEnumerable(), stored.Plan.Flows);
        Assert.Equal([AttemptKind.First, AttemptKind.Amend], stored.Attempts.Select(a => a.Kind));
        Assert.Empty(await DueAsync());
        Assert.Equal([(1, 2UL), (2, 1UL)], (await Lane.LockedAsync(stored, Cancellation)).Select(f => (NumberOf(f), f.Generation)));
        await CloseAsync(token, stored, [0, 100]);
        Assert.Empty(await DueAsync());
    }

    [Fact]
    public async Task Only_what_is_urgent_is_read_where_nothing_else_may_go()
    {
        await MarkAsync(1, 100, 1);
        await MarkAsync(2, 0, 1, Urgency.StopLoss);
        await MarkAsync(3, 0, 1, Urgency.StopLoss);
        await ReserveAsync(5, [3]);

        Assert.Equal([2], (await Lane.UrgentAsync(Time.GetUtcNow(), 100, Cancellation)).Select(NumberOf));
    }

    [Fact]
    public async Task The_budget_counts_the_dearest_attempt_of_a_slot_and_gets_back_what_was_not_paid()
    {
        await MarkAsync(1, 100, 1);
        var (token, slot) = await ReserveAsync(5, [1]);
        var first = Attempt(1, gwei: 10);
        var cap = first.Batch.WorstCase.ToNanoCeiling() * 2;
        await AppendAsync(token, slot, 0, first, cap);
        Assert.Equal(AttemptAnswer.Written, await AppendAsync(token, slot, 1, Attempt(2, gwei: 20), cap));
        Assert.Equal(AttemptAnswer.OverBudget, await AppendAsync(token, slot, 2, Attempt(3, gwei: 21), cap));
        Assert.Equal(cap, await SpentAsync());

        await CloseAsync(token, slot, [100], paid: 777);

        Assert.Equal(777, await SpentAsync());
    }

    [Fact]
    public async Task Yesterdays_worst_case_is_not_given_back_to_today()
    {
        await MarkAsync(1, 100, 1);
        var (token, slot) = await ReserveAsync(5, [1]);
        await AppendAsync(token, slot, 0, Attempt(1, gwei: 10));
        Time.Advance(TimeSpan.FromDays(1));
        await AppendAsync(token, slot, 1, Attempt(2, gwei: 12) with { At = Time.GetUtcNow() });
        var today = await SpentAsync();
        Assert.Equal(Attempt(2, gwei: 12).Batch.WorstCase.ToNanoCeiling() - Attempt(1, gwei: 10).Batch.WorstCase.ToNanoCeiling(), today);

        await CloseAsync(token, slot, [100], paid: 777);

        Assert.Equal(0, await SpentAsync());
        Time.Advance(TimeSpan.FromDays(60));
        await MarkAsync(1, 200, 2);
        var (later, next) = await ReserveAsync(6, [1], generation: 2);
        await CloseAsync(later, next, [200], paid: null);
        Assert.Equal(0, await Database.HashLengthAsync(Keys.Budget));
    }

    [Fact]
    public async Task Closing_a_slot_frees_its_flows_and_keeps_those_dirty_that_are_not_where_they_should_be()
    {
        await MarkAsync(1, 100, 1);
        await MarkAsync(2, 50, 1);
        await DueAsync();
        var (token, slot) = await ReserveAsync(5, [1, 2]);
        await AppendAsync(token, slot, 0, Attempt(1, gwei: 10));

        Assert.False(await Lane.CloseAsync("two|2", slot, End([100, 0]), Given.Now, Cancellation));
        Assert.True(await CloseAsync(token, slot, [100, 0]));
        Assert.True(await CloseAsync(token, slot, [100, 0]));

        Assert.Equal([2], await DueNumbersAsync());
        Assert.Empty(await Lane.OpenSlotsAsync(Cancellation));
        var verified = Assert.Single(await Database.SortedSetRangeByRankAsync(Keys.Log)).ToString().Split('|');
        Assert.Equal([Keys.Flow(Flow(1)).ToString(), "1", "100", "5", "9"], verified[1..]);
        Assert.Equal(ReserveAnswer.NonceBound, await Lane.ReserveAsync(token, new Nonce(5), Plan([2]), 2, Given.Now, Cancellation));
        Assert.Equal(AttemptAnswer.NoSlot, await AppendAsync(token, slot, 1, Attempt(2, gwei: 11)));
    }

    [Fact]
    [Regression(20)]
    public async Task What_was_marked_while_its_slot_was_open_is_due_at_its_end()
    {
        await MarkAsync(1, 100, 1, Urgency.Open, "00-first");
        var (token, slot) = await ReserveAsync(5, [1]);
        await MarkAsync(1, 0, 2, Urgency.StopLoss, "00-second");
        Assert.Empty(await DueAsync());

        await CloseAsync(token, slot, [100]);

        var due = Assert.Single(await DueAsync());
        Assert.Equal((Given.Rate(0), 2UL, Urgency.StopLoss), (due.Desired, due.Generation, due.Urgency));
    }

    [Fact]
    public async Task Only_a_slot_without_attempts_on_top_of_the_others_is_released()
    {
        await MarkAsync(1, 100, 1);
        await MarkAsync(2, 100, 1);
        var (token, slot) = await ReserveAsync(5, [1]);
        var (_, top) = await ReserveAsync(6, [2]);

        Assert.False(await Lane.ReleaseSlotAsync(token, slot, Cancellation));
        Assert.False(await Lane.ReleaseSlotAsync("two|2", top, Cancellation));
        Assert.True(await Lane.ReleaseSlotAsync(token, top, Cancellation));
        Assert.True(await Lane.ReleaseSlotAsync(token, top, Cancellation));
        Assert.Equal([2], await DueNumbersAsync());
        await AppendAsync(token, slot, 0, Attempt(1, gwei: 10));
        Assert.False(await Lane.ReleaseSlotAsync(token, slot, Cancellation));
        Assert.Equal(new Nonce(5), Assert.Single(await Lane.OpenSlotsAsync(Cancellation)).Nonce);
    }

    [Fact]
    [Regression(45)]
    public async Task Keys_do_not_grow_with_the_number_of_slots()
    {
        const int Extra = 30;
        var token = (await Lane.AcquireAsync("one", TimeSpan.FromMinutes(10), Cancellation))!;
        for (var i = 1UL; i <= LaneStore.SlotsKept + Extra; i++)
        {
            await MarkAsync(1, (long)i, i);
            await Lane.ReserveAsync(token, new Nonce(i), Plan([1], i), 1, Given.Now, Cancellation);
            var slot = new OpenSlot(new Nonce(i), Given.Now, Plan([1], i), []);
            await AppendAsync(token, slot, 0, Attempt((int)i, gwei: 10));
            await CloseAsync(token, slot, [(long)i], paid: 1);
        }

        var keys = await KeysAsync();
        Assert.Equal(LaneStore.SlotsKept, keys.Count(k => k.Contains(":slot:", StringComparison.Ordinal)));
        Assert.Equal(LaneStore.SlotsKept, keys.Count(k => k.Contains(":att:", StringComparison.Ordinal)));
        Assert.InRange(keys.Count, 0, (2 * LaneStore.SlotsKept) + 12);
    }

    [Fact]
    [Regression(45)]
    public async Task The_lookup_of_hashes_is_bounded()
    {
        RedisKey[] keys = [Keys.Leader, Keys.Slot(new Nonce(1)), Keys.Attempts(new Nonce(1)), Keys.Hash, Keys.Budget, Keys.Hashes];
        var token = (await Lane.AcquireAsync("one", Ttl, Cancellation))!;
        await Database.HashSetAsync(Keys.Slot(new Nonce(1)), "state", "reserved");
        for (var i = 0; i < 8; i++)
            await Redis.RunAsync(RedisScript.Attempt, keys, [token, 1, i, $"hash-{i}", "{}", 1, "2026-11-24", 100, 5, ""], Cancellation);

        Assert.Equal(["hash-3", "hash-4", "hash-5", "hash-6", "hash-7"], (await Database.HashKeysAsync(Keys.Hash)).Select(h => h.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Figures_say_how_the_lane_stands()
    {
        var figures = new LaneFiguresReader(Redis, Keys);
        Assert.Equal(new LaneFigures(Leader: null, 0, OldestDirtyAt: null, 0, 0), await figures.ReadAsync(Given.Now, Cancellation));
        await MarkAsync(1, 100, 1);
        Time.Advance(TimeSpan.FromSeconds(1));
        await MarkAsync(2, 100, 1);
        var (token, slot) = await ReserveAsync(5, [2]);
        await AppendAsync(token, slot, 0, Attempt(1, gwei: 10));
        await DueAsync();

        Assert.Equal(
            new LaneFigures(token, 2, Given.Now, Attempt(1, gwei: 10).Batch.WorstCase.ToNanoCeiling(), 0), await figures.ReadAsync(Given.Now, Cancellation));
    }
}
