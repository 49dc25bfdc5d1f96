using System.Globalization;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>The lane's scripts against a model, step by random step: several leaders, some of them deposed, races, restarts, counters that go back.</summary>
public abstract class LaneModelTests(StorageKind kind) : LaneTest(kind)
{
    private const int Steps = 2_000;

    [Theory]
    [InlineData(1)]
    [InlineData(20_261_124)]
    public async Task Every_answer_is_the_models_and_its_invariants_hold(int seed)
    {
        var random = new Random(seed);
        var model = new LaneModel();
        for (var step = 0; step < Steps; step++)
        {
            var what = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, step {step}");
            await StepAsync(random, model, what);
            if (step % 25 == 0)
                await CheckAsync(model, what);
        }

        await CheckAsync(model, "at the end");
        // A walk that did nothing would prove nothing.
        Assert.True(model.Closed > 40, $"only {model.Closed} slots were closed");
        Assert.True(model.Amended > 20, $"only {model.Amended} slots were amended");
        Assert.True(model.Fenced > 100, $"only {model.Fenced} deposed writes were refused");
    }

    private Task StepAsync(Random random, LaneModel model, string what) => random.Next(100) switch
    {
        < 14 => AcquireAsync(random, model, what),
        < 16 => ExpireAsync(model),
        < 17 => RollBackAsync(random, model),
        < 40 => MarkAsync(random, model),
        < 62 => ReserveAsync(random, model, what),
        < 76 => AttemptAsync(random, model, what),
        < 82 => AmendAsync(random, model, what),
        < 95 => CloseAsync(random, model, what),
        _ => ReleaseAsync(random, model, what),
    };

    private async Task AcquireAsync(Random random, LaneModel model, string what)
    {
        var owner = $"owner-{random.Next(3)}";
        var token = await Lane.AcquireAsync(owner, TimeSpan.FromMinutes(10), Cancellation);

        var leads = model.Leader is null || model.Leader.StartsWith(owner + "|", StringComparison.Ordinal);
        Assert.True(leads == (token is not null), what);
        if (token is null)
            return;
        if (model.Leader is null)
            Assert.True(model.IsNewEpoch(EpochOf(token)), $"{what}: epochs rise (I7)");
        else
            Assert.Equal(model.Leader, token);
        model.Lead(token);
    }

    // As when its time is over, or its process dies.
    private async Task ExpireAsync(LaneModel model)
    {
        await Database.KeyDeleteAsync(Keys.Leader);
        model.Leader = null;
    }

    private async Task RollBackAsync(Random random, LaneModel model)
    {
        model.IsRolledBack = true;
        await Database.StringSetAsync(Keys.Epoch, random.Next(10));
        await Database.StringSetAsync(Keys.Seq, random.Next(10));
    }

    private async Task MarkAsync(Random random, LaneModel model)
    {
        var flow = random.Next(LaneModel.Flows);
        var generation = (ulong)Math.Max(1, (long)model.Generation(flow) + random.Next(-1, 3));
        await MarkAsync(flow, random.Next(3), generation);
        model.Mark(flow, generation);
    }

    private async Task ReserveAsync(Random random, LaneModel model, string what)
    {
        var flows = Enumerable.Range(0, LaneModel.Flows).Where(_ => random.Next(4) == 0).Take(3).ToArray();
        if (flows.Length == 0)
            return;
        var nonce = model.NextNonce;
        if (random.Next(5) == 0)
            nonce = (ulong)Math.Max(0, (long)nonce + random.Next(-2, model.Open.Count == 0 ? 1 : 3));
        var generations = flows.ToDictionary(f => f, f => random.Next(8) == 0 ? model.Generation(f) + 1 : model.Generation(f));
        var plan = new SlotPlan([.. flows.Select(f => new SlotFlow(Flow(f), Given.Rate(1), generations[f], Urgency.Open, Given.Now, 0))], []);
        var token = model.SomeToken(random);

        var answer = await Lane.ReserveAsync(token, new Nonce(nonce), plan, LaneModel.MostOpen, Given.Now, Cancellation);

        Assert.True(model.Reserve(token, nonce, generations) == answer, $"{what}: reserve {nonce} answered {answer}");
    }

    private async Task AttemptAsync(Random random, LaneModel model, string what)
    {
        var nonce = model.SomeNonce(random);
        var index = Math.Max(0, model.Attempts(nonce) + (random.Next(6) == 0 ? random.Next(-1, 2) : 0));
        var token = model.SomeToken(random);
        var attempt = Attempt(model.NextHash++, gwei: 1);

        var answer = await Lane.AppendAttemptAsync(token, new Nonce(nonce), index, attempt, long.MaxValue >> 11, Cancellation);

        Assert.True(model.Append(token, nonce, index) == answer, $"{what}: attempt {index} at {nonce} answered {answer}");
    }

    private async Task AmendAsync(Random random, LaneModel model, string what)
    {
        var nonce = model.SomeNonce(random);
        var index = Math.Max(0, model.Attempts(nonce) + (random.Next(6) == 0 ? random.Next(-1, 2) : 0));
        var token = model.SomeToken(random);
        // Whoever amends never gives a flow up that the slot has.
        var flows = model.Open.TryGetValue(nonce, out var slot) ? slot.Flows : [];
        var generations = flows.Concat(Enumerable.Range(random.Next(LaneModel.Flows), flows.Count < 3 ? 1 : 0)).Distinct()
            .ToDictionary(f => f, f => random.Next(8) == 0 ? model.Generation(f) + 1 : model.Generation(f));
        var plan = new SlotPlan([.. generations.Select(g => new SlotFlow(Flow(g.Key), Given.Rate(1), g.Value, Urgency.StopLoss, Given.Now, 0))], []);
        var attempt = Attempt(model.NextHash++, gwei: 1, AttemptKind.Amend);

        var answer = await Lane.AmendAsync(token, new Nonce(nonce), index, attempt, long.MaxValue >> 11, plan, Cancellation);

        Assert.True(model.Amend(token, nonce, index, generations) == answer, $"{what}: amendment {index} of {nonce} answered {answer}");
    }

    private async Task CloseAsync(Random random, LaneModel model, string what)
    {
        // Only the chain ends a slot, from the bottom; here it takes any that has an attempt.
        if (model.Open.Count == 0 || model.Attempts(model.Open.Keys.Min()) == 0)
            return;
        var nonce = model.Open.Keys.Min();
        var token = model.SomeToken(random);
        var slot = SlotOf(nonce, model.Open[nonce].Flows);

        var closed = await Lane.CloseAsync(token, slot, End([.. slot.Plan.Flows.Select(_ => (long)random.Next(3))]), Given.Now, Cancellation);

        Assert.True(model.Close(token, nonce) == closed, $"{what}: close {nonce} answered {closed}");
    }

    private async Task ReleaseAsync(Random random, LaneModel model, string what)
    {
        if (model.Open.Count == 0)
            return;
        var nonce = model.Open.Keys.ElementAt(random.Next(model.Open.Count));
        var token = model.SomeToken(random);

        var released = await Lane.ReleaseSlotAsync(token, SlotOf(nonce, model.Open[nonce].Flows), Cancellation);

        Assert.True(model.Release(token, nonce) == released, $"{what}: release {nonce} answered {released}");
    }

    private async Task CheckAsync(LaneModel model, string what)
    {
        var slots = await Lane.OpenSlotsAsync(Cancellation);
        Assert.True(model.Open.Keys.Order().SequenceEqual(slots.Select(s => s.Nonce.Value)), $"{what}: open slots");
        // I5: N … N + m - 1.
        Assert.True(slots.Zip(slots.Skip(1)).All(p => p.Second.Nonce == p.First.Nonce.Next), $"{what}: contiguous (I5)");
        // I2: what was written down stays.
        Assert.True(slots.All(s => s.Attempts.Length == model.Attempts(s.Nonce.Value)), $"{what}: attempts (I2)");
        // I4: a flow is in one slot at most, and knows which.
        for (var flow = 0; flow < LaneModel.Flows; flow++)
        {
            var inFlight = await Database.HashGetAsync(Keys.Flow(Flow(flow)), "inflight");
            Assert.True(model.InFlight(flow) == (inFlight.HasValue ? (ulong)inFlight : null), $"{what}: flow {flow} in flight (I4)");
        }

        var log = await Database.SortedSetRangeByRankWithScoresAsync(Keys.Log);
        Assert.True(log.Select(e => e.Score).SequenceEqual(log.Select(e => (double)long.Parse(e.Element.ToString().Split('|')[0], CultureInfo.InvariantCulture)).Order().Distinct()), $"{what}: the log rises");
    }

    private static OpenSlot SlotOf(ulong nonce, IEnumerable<int> flows) => new(
        new Nonce(nonce),
        Given.Now,
        new SlotPlan([.. flows.Select(f => new SlotFlow(Flow(f), Given.Rate(1), 1, Urgency.Open, Given.Now, 0))], []),
        []);
}
