using System.Globalization;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>The lane in memory, on which settlement is simulated, beside the scripts: every answer, every due flow, every open slot is the same.</summary>
public abstract class InMemoryLaneTests(StorageKind kind) : LaneTest(kind)
{
    private const int Steps = 2_000;
    private const int Flows = 6;
    private const long Plenty = long.MaxValue >> 11;

    private static readonly string[] Answers =
    [
        "Reserved", "Fenced", "NonceBound", "TooManyOpen", "NotContiguous", "FlowBusy", "StaleGeneration", "attempt Written", "attempt Fenced",
        "attempt NoSlot", "attempt Raced", "attempt OverBudget", "amendment Written", "amendment Stale", "closed True", "closed False", "released True", "released False", "acquired True",
        "acquired False", "raised True", "raised False",
    ];

    private readonly Dictionary<string, string> _tokens = new() { ["none"] = "none" };
    private InMemoryLane _memory = null!; // Made before the walk begins.
    private ulong _consumed = 7;
    private int _hash = 1;
    private int _block = 1;

    [Theory]
    [InlineData(3)]
    [InlineData(20_261_125)]
    public async Task A_walk_over_both_is_the_same_walk(int seed)
    {
        var random = new Random(seed);
        _memory = new InMemoryLane(Time.GetUtcNow);
        var reached = new HashSet<string>();
        for (var step = 0; step < Steps; step++)
        {
            var what = await StepAsync(random);
            reached.Add(what);
            await CompareAsync(string.Create(CultureInfo.InvariantCulture, $"seed {seed}, step {step}: {what}"));
            Time.Advance(TimeSpan.FromMilliseconds(random.Next(400)));
        }

        Assert.Empty(Answers.Except(reached));
    }

    private Task<string> StepAsync(Random random) => random.Next(100) switch
    {
        < 10 => AcquireAsync(random),
        < 12 => ExpireAsync(),
        < 34 => MarkBothAsync(random),
        < 40 => ObserveBothAsync(random),
        < 46 => BackOffAsync(random),
        < 66 => ReserveAsync(random),
        < 76 => AppendAsync(random),
        < 82 => AmendAsync(random),
        < 93 => CloseAsync(random),
        < 96 => RaiseAsync(random),
        _ => ReleaseAsync(random),
    };

    private async Task<string> AcquireAsync(Random random)
    {
        var owner = $"owner-{random.Next(3)}";
        var token = await Lane.AcquireAsync(owner, TimeSpan.FromMinutes(30), Cancellation);
        var same = await _memory.AcquireAsync(owner, TimeSpan.FromMinutes(30), Cancellation);
        Assert.Equal(token is null, same is null);
        if (token is not null)
            _tokens[token] = same!; // Null together.
        return $"acquired {token is not null}";
    }

    private async Task<string> ExpireAsync()
    {
        await Database.KeyDeleteAsync(Keys.Leader);
        _memory.ExpireLeader();
        return "expired";
    }

    private async Task<string> MarkBothAsync(Random random)
    {
        var trace = random.Next(2) == 0 ? null : $"00-{random.Next(3)}";
        var mark = new FlowMark(
            Flow(random.Next(Flows)), Given.Rate(random.Next(3)), (ulong)random.Next(1, 4) + (ulong)(_block / 4), (Urgency)random.Next(1, 6), trace);
        await Lane.MarkAsync(mark, Time.GetUtcNow(), Cancellation);
        await _memory.MarkAsync(mark, Time.GetUtcNow(), Cancellation);
        return "marked";
    }

    private async Task<string> ObserveBothAsync(Random random)
    {
        var (flow, reading, block) = (Flow(random.Next(Flows)), Reading(random), new BlockNumber((ulong)Math.Max(0, _block - random.Next(3))));
        await Lane.ObserveAsync(flow, reading, block, Cancellation);
        await _memory.ObserveAsync(flow, reading, block, Cancellation);
        return "observed";
    }

    private async Task<string> BackOffAsync(Random random)
    {
        var due = await _memory.DueAsync(Time.GetUtcNow(), 100, Cancellation);
        var flow = due.Count > 0 ? due[random.Next(due.Count)] : null;
        var (key, generation) = (flow?.Flow ?? Flow(random.Next(Flows)), (flow?.Generation ?? 1) + (ulong)(random.Next(5) / 4));
        var until = Time.GetUtcNow().AddSeconds(random.Next(5));
        await Lane.BackOffAsync(key, generation, until, "why", Cancellation);
        await _memory.BackOffAsync(key, generation, until, "why", Cancellation);
        return "backed off";
    }

    private async Task<string> ReserveAsync(Random random)
    {
        var flows = Enumerable.Range(0, Flows).Where(_ => random.Next(5) == 0).Select(Flow).ToList();
        if (flows.Count == 0)
            return "nothing";
        var next = _memory.OpenNonces.Count > 0 ? _memory.OpenNonces.Max() + 1 : _consumed;
        var nonce = random.Next(6) == 0 ? next + (ulong)random.Next(3) - 1 : next;
        // Above a gap nothing would ever be executed: only beside an open slot is that refused.
        nonce = _memory.OpenNonces.Count == 0 ? Math.Min(nonce, next) : nonce;
        var plan = new SlotPlan([.. flows.Select(f => new SlotFlow(f, Given.Rate(1), GenerationOf(f, random), Urgency.Open, Given.Now, 0))], ["00-x"]);
        var token = SomeToken(random);
        var answer = await Lane.ReserveAsync(token.Real, new Nonce(nonce), plan, 2, Time.GetUtcNow(), Cancellation);
        Assert.Equal(answer, await _memory.ReserveAsync(token.Memory, new Nonce(nonce), plan, 2, Time.GetUtcNow(), Cancellation));
        return $"{answer}";
    }

    private async Task<string> AppendAsync(Random random)
    {
        var open = await _memory.OpenSlotsAsync(Cancellation);
        var slot = open.Count > 0 ? open[random.Next(open.Count)] : null;
        var nonce = random.Next(8) == 0 ? new Nonce(_consumed + 5) : slot?.Nonce ?? new Nonce(_consumed);
        var index = (slot?.Attempts.Length ?? 0) + (random.Next(8) == 0 ? 1 : 0);
        var attempt = Attempt(_hash++, gwei: (ulong)random.Next(1, 3)) with { At = Time.GetUtcNow() };
        var (token, cap) = (SomeToken(random), random.Next(8) == 0 ? 500_000 : Plenty);
        var answer = await Lane.AppendAttemptAsync(token.Real, nonce, index, attempt, cap, Cancellation);
        Assert.Equal(answer, await _memory.AppendAttemptAsync(token.Memory, nonce, index, attempt, cap, Cancellation));
        return $"attempt {answer}";
    }

    private async Task<string> AmendAsync(Random random)
    {
        if ((await _memory.OpenSlotsAsync(Cancellation)) is not { Count: > 0 } open)
            return "nothing";
        var (slot, token) = (open[random.Next(open.Count)], SomeToken(random));
        var flows = slot.Plan.Flows.Select(f => f.Flow).Append(Flow(random.Next(Flows))).Distinct();
        var plan = new SlotPlan([.. flows.Select(f => new SlotFlow(f, Given.Rate(2), GenerationOf(f, random), Urgency.StopLoss, Given.Now, 1))], ["00-y"]);
        var attempt = Attempt(_hash++, gwei: 2, AttemptKind.Amend) with { At = Time.GetUtcNow() };
        var answer = await Lane.AmendAsync(token.Real, slot.Nonce, slot.Attempts.Length, attempt, Plenty, plan, Cancellation);
        Assert.Equal(answer, await _memory.AmendAsync(token.Memory, slot.Nonce, slot.Attempts.Length, attempt, Plenty, plan, Cancellation));
        return $"amendment {answer}";
    }

    private async Task<string> CloseAsync(Random random)
    {
        if ((await _memory.OpenSlotsAsync(Cancellation)) is not [{ Attempts.IsEmpty: false } slot, ..])
            return "nothing";
        var end = new SlotEnd(
            SlotOutcome.Own,
            new BlockRef(new BlockNumber((ulong)++_block), Given.Hash(9), new BlockTime(1_795_521_600)),
            [.. slot.Plan.Flows.Select(_ => Reading(random))],
            random.Next(3) == 0 ? null : random.Next(3_000_000));
        if (random.Next(10) == 0)
            (slot, end) = (slot with { Plan = slot.Plan with { Flows = slot.Plan.Flows[1..] } }, end with { Readings = end.Readings[1..] });
        var token = SomeToken(random);
        var closed = await Lane.CloseAsync(token.Real, slot, end, Time.GetUtcNow(), Cancellation);
        Assert.Equal(closed, await _memory.CloseAsync(token.Memory, slot, end, Time.GetUtcNow(), Cancellation));
        if (closed)
            _consumed = slot.Nonce.Value + 1;
        return $"closed {closed}";
    }

    private async Task<string> RaiseAsync(Random random)
    {
        var (token, consumed, block) = (SomeToken(random), new Nonce(_consumed - (ulong)random.Next(2)), new BlockNumber((ulong)Math.Max(0, _block - random.Next(3))));
        var loss = random.Next(3) == 0 ? new LaneLoss(new BlockNumber((ulong)random.Next(20)), Time.GetUtcNow() + LaneRecovery.Quiet) : null;
        var raised = await Lane.RaiseHighWaterAsync(token.Real, consumed, block, server: null, loss, Cancellation);
        Assert.Equal(raised, await _memory.RaiseHighWaterAsync(token.Memory, consumed, block, server: null, loss, Cancellation));
        if (raised is { QuietUntil: { } found } && random.Next(3) == 0)
        {
            await Lane.SearchedAsync(found, Cancellation);
            await _memory.SearchedAsync(found, Cancellation);
        }

        if (random.Next(3) == 0)
        {
            var of = random.Next(4) == 0 ? null : raised?.QuietUntil;
            Assert.Equal(await Lane.JournalReadAsync(block, of, Cancellation), await _memory.JournalReadAsync(block, of, Cancellation));
        }

        return $"raised {raised is not null}";
    }

    private async Task<string> ReleaseAsync(Random random)
    {
        if ((await _memory.OpenSlotsAsync(Cancellation)) is not { Count: > 0 } open)
            return "nothing";
        var (slot, token) = (open[random.Next(open.Count)], SomeToken(random));
        if (random.Next(5) == 0)
            slot = slot with { At = slot.At.AddMilliseconds(-7) };
        var released = await Lane.ReleaseSlotAsync(token.Real, slot, Cancellation);
        Assert.Equal(released, await _memory.ReleaseSlotAsync(token.Memory, slot, Cancellation));
        return $"released {released}";
    }

    private async Task CompareAsync(string what)
    {
        var (slots, same) = (await Lane.OpenSlotsAsync(Cancellation), await _memory.OpenSlotsAsync(Cancellation));
        Assert.True(slots.Select(Text).SequenceEqual(same.Select(Text)), $"{what}: open slots");
        var (due, dueToo) = (await DueAsync(), await _memory.DueAsync(Time.GetUtcNow(), 100, Cancellation));
        Assert.True(due.Select(Text).SequenceEqual(dueToo.Select(Text)), $"{what}: due\n{string.Join('\n', due.Select(Text))}\nand\n{string.Join('\n', dueToo.Select(Text))}");
        var (urgent, urgentToo) = (await Lane.UrgentAsync(Time.GetUtcNow(), 3, Cancellation), await _memory.UrgentAsync(Time.GetUtcNow(), 3, Cancellation));
        Assert.True(urgent.Select(Text).SequenceEqual(urgentToo.Select(Text)), $"{what}: urgent");
        var asked = new Nonce(_consumed - 1);
        var (mark, markToo) = (await Lane.ReadHighWaterAsync(asked, Cancellation), await _memory.ReadHighWaterAsync(asked, Cancellation));
        // Epochs are the server's milliseconds.
        Assert.True(mark with { Mark = mark.Mark is { } m ? m with { Epoch = 0 } : null } == markToo with { Mark = markToo.Mark is { } n ? n with { Epoch = 0 } : null }, $"{what}: {mark} and {markToo}");
        foreach (var slot in slots)
        {
            var (locked, lockedToo) = (await Lane.LockedAsync(slot, Cancellation), await _memory.LockedAsync(slot, Cancellation));
            Assert.True(locked.Select(Text).SequenceEqual(lockedToo.Select(Text)), $"{what}: locked");
        }

        Assert.True(await SpentAsync() == _memory.Budget(LaneStore.Window(Time.GetUtcNow())), $"{what}: budget");
        for (var flow = 0; flow < Flows; flow++)
        {
            var inFlight = await Database.HashGetAsync(Keys.Flow(Flow(flow)), "inflight");
            Assert.True(_memory.InFlight(Flow(flow)) == (inFlight.HasValue ? (ulong)inFlight : null), $"{what}: flow {flow} in flight");
        }

        var log = await Database.SortedSetRangeByRankAsync(Keys.Log);
        Assert.True(
            log.Select(l => string.Join('|', l.ToString().Split('|')[1..])).SequenceEqual(_memory.Log.Select(l => string.Create(
                CultureInfo.InvariantCulture, $"{Keys.Flow(l.Flow)}|{l.Generation}|{l.Rate.ToDecimal()}|{l.Nonce}|{l.Block}"))),
            $"{what}: log");
    }

    private ulong GenerationOf(FlowKey flow, Random random)
    {
        var stored = (ulong)Database.HashGet(Keys.Flow(flow), "gen");
        return random.Next(10) == 0 ? stored + 1 : stored;
    }

    /// <summary>Mostly the leader's; else one that was deposed.</summary>
    private (string Real, string Memory) SomeToken(Random random)
    {
        var all = _tokens.ToList();
        var leader = all.Find(t => t.Value == _memory.Leader);
        var pick = leader.Key is not null && random.Next(6) > 0 ? leader : all[random.Next(all.Count)];
        return (pick.Key, pick.Value);
    }

    private static FlowReading Reading(Random random) => new(Given.Rate(random.Next(3)), new BlockTime(1_795_521_600), TokenAmount.Zero);

    private static string Text(LaneFlow flow) =>
        $"{flow.Flow} {flow.Desired} {flow.Generation} {flow.Urgency} {string.Join(',', flow.TraceParents)} {flow.MarkedAt:O} {flow.ObservedBlock} {flow.Fails} {flow.Observed}";

    private static string Text(OpenSlot slot) =>
        $"{slot.Nonce} {slot.At:O} {string.Join(',', slot.Plan.Flows)} {string.Join(',', slot.Plan.Contexts)} {string.Join(',', slot.Attempts.Select(a => a.Batch.Hash))}";
}
