using System.Globalization;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Storage.Documents;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>One lane in Redis: what it should do, the nonces it uses, who leads it.</summary>
/// <remarks>
/// Marks, observations and back-offs may come from anybody, since a newer generation or block always wins. Everything that has to do with nonces carries
/// the leader's token.
/// </remarks>
internal sealed class LaneStore(RedisConnection redis, WriteAhead writeAhead, LaneKeys keys, TimeProvider time) : ILane
{
    /// <summary>Closed slots that are kept, with the bytes that were sent for them.</summary>
    public const int SlotsKept = 1024;

    /// <summary>Transaction hashes of which the nonce can be looked up.</summary>
    public const int HashesKept = 4096;

    /// <summary>W3C contexts that a flow remembers while it waits.</summary>
    public const int ContextsKept = 16;

    /// <summary>Days of which the budget is remembered.</summary>
    private const int BudgetDaysKept = 35;

    public async Task<string?> AcquireAsync(string owner, TimeSpan ttl, CancellationToken cancellationToken)
    {
        RedisValue[] arguments = [owner, (long)ttl.TotalMilliseconds];
        var answer = (RedisResult[])(await redis.RunAsync(RedisScript.Acquire, [keys.Leader, keys.Epoch], arguments, cancellationToken))!;
        return (int)answer[0] == 1 ? (string)answer[1]! : null;
    }

    public Task ResignAsync(string token, CancellationToken cancellationToken) =>
        redis.RunAsync(RedisScript.Resign, [keys.Leader], [token], cancellationToken);

    public Task MarkAsync(FlowMark mark, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var at = Stored.Milliseconds(now);
        RedisValue[] arguments =
        [
            mark.Desired.ToDecimal(), Stored.Number(mark.Generation), (int)mark.Urgency, at, at, mark.TraceParent ?? "", ContextsKept,
        ];
        return redis.RunAsync(RedisScript.Mark, [keys.Flow(mark.Flow), keys.Dirty, keys.Ready], arguments, cancellationToken);
    }

    public Task<IReadOnlyList<LaneFlow>> DueAsync(DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        new LaneQueue(redis, keys).DueAsync(now, most, cancellationToken);

    public Task<IReadOnlyList<LaneFlow>> UrgentAsync(DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        new LaneQueue(redis, keys).DueAsync(now, most, cancellationToken, Urgency.StopLoss);

    public Task ObserveAsync(FlowKey flow, FlowReading reading, BlockNumber block, CancellationToken cancellationToken)
    {
        RedisValue[] arguments =
        [
            reading.Rate.ToDecimal(), Stored.Number(reading.LastUpdated.UnixSeconds), Stored.Number(block.Value), Stored.Milliseconds(time.GetUtcNow()),
        ];
        return redis.RunAsync(RedisScript.Observe, [keys.Flow(flow), keys.Dirty, keys.Ready], arguments, cancellationToken);
    }

    public Task BackOffAsync(FlowKey flow, ulong generation, DateTimeOffset notBefore, string error, CancellationToken cancellationToken)
    {
        RedisValue[] arguments = [Stored.Number(generation), Stored.Milliseconds(notBefore), error];
        return redis.RunAsync(RedisScript.BackOff, [keys.Flow(flow), keys.Dirty, keys.Ready], arguments, cancellationToken);
    }

    public async Task<IReadOnlyList<OpenSlot>> OpenSlotsAsync(CancellationToken cancellationToken)
    {
        var nonces = await redis.ReadAsync("ZRANGE", database => database.SortedSetRangeByRankAsync(keys.Slots), cancellationToken);
        List<OpenSlot> slots = [];
        foreach (var nonce in nonces.Select(n => new Nonce((ulong)n)))
        {
            var fields = await redis.ReadAsync("HMGET", database => database.HashGetAsync(keys.Slot(nonce), ["json", "at"]), cancellationToken);
            var attempts = await redis.ReadAsync("LRANGE", database => database.ListRangeAsync(keys.Attempts(nonce)), cancellationToken);
            slots.Add(new OpenSlot(
                nonce,
                DateTimeOffset.FromUnixTimeMilliseconds((long)fields[1]),
                SlotDocument.Read(fields[0].ToString()),
                [.. attempts.Select(a => AttemptDocument.Read(a.ToString()))]));
        }

        return slots;
    }

    public async Task<ReserveAnswer> ReserveAsync(
        string token, Nonce nonce, SlotPlan plan, int mostOpen, DateTimeOffset now, CancellationToken cancellationToken)
    {
        RedisKey[] all = [keys.Leader, keys.Slots, keys.Slot(nonce), .. plan.Flows.Select(f => keys.Flow(f.Flow))];
        RedisValue[] arguments =
        [
            token, nonce.Value, mostOpen, Stored.Milliseconds(now), SlotDocument.Write(plan), .. plan.Flows.Select(f => (RedisValue)Stored.Number(f.Generation)),
        ];
        var answer = (RedisResult[])(await redis.RunAsync(RedisScript.Reserve, all, arguments, cancellationToken))!;
        return (string?)answer[0] switch
        {
            "OK" => ReserveAnswer.Reserved,
            "FENCED" => ReserveAnswer.Fenced,
            "NONCE_BOUND" => ReserveAnswer.NonceBound,
            "TOO_MANY_OPEN" => ReserveAnswer.TooManyOpen,
            "NOT_CONTIGUOUS" => ReserveAnswer.NotContiguous,
            "FLOW_BUSY" => ReserveAnswer.FlowBusy,
            "STALE_GEN" => ReserveAnswer.StaleGeneration,
            var other => throw new StoredFormException($"reserve.lua answered '{other}'."),
        };
    }

    public async Task<LaneLimits> LimitsAsync(CancellationToken cancellationToken)
    {
        var json = await redis.ReadAsync("GET", database => database.StringGetAsync(keys.Limits), cancellationToken);
        return json.HasValue ? LimitsDocument.Read(json.ToString()) : LaneLimits.None;
    }

    public Task SetLimitsAsync(LaneLimits limits, CancellationToken cancellationToken) =>
        redis.ReadAsync("SET", database => database.StringSetAsync(keys.Limits, LimitsDocument.Write(limits)), cancellationToken);

    public async Task<bool> TellLimitsLostAsync(LaneLimits read, LaneLimits marked, CancellationToken cancellationToken)
    {
        RedisValue before = ReferenceEquals(read, LaneLimits.None) ? "" : LimitsDocument.Write(read);
        return (int)await redis.RunAsync(RedisScript.LimitsLost, [keys.Limits], [before, LimitsDocument.Write(marked)], cancellationToken) == 1;
    }

    public Task TellOutlookAsync(SettlementOutlook outlook, CancellationToken cancellationToken) =>
        new LaneOutlook(redis, keys).TellAsync(outlook, cancellationToken);

    public Task<IReadOnlyList<LaneFlow>> LockedAsync(OpenSlot slot, CancellationToken cancellationToken) =>
        new LaneQueue(redis, keys).ReadAsync([.. slot.Plan.Flows.Select(f => f.Flow)], cancellationToken);

    public Task<AttemptAnswer> AppendAttemptAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, CancellationToken cancellationToken) =>
        AppendAsync(token, nonce, index, attempt, budgetNavax, amended: null, cancellationToken);

    public Task<AttemptAnswer> AmendAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, SlotPlan plan, CancellationToken cancellationToken) =>
        AppendAsync(token, nonce, index, attempt, budgetNavax, plan, cancellationToken);

    public async Task<bool> CloseAsync(string token, OpenSlot slot, SlotEnd end, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // One that no slot has where there are not that many yet.
        var old = new Nonce(slot.Nonce.Value >= SlotsKept ? slot.Nonce.Value - SlotsKept : ulong.MaxValue);
        RedisKey[] all =
        [
            keys.Leader, keys.Slots, keys.Slot(slot.Nonce), keys.Dirty, keys.Log, keys.Seq, keys.Ready, keys.Attempts(slot.Nonce), keys.Budget,
            keys.Slot(old), keys.Attempts(old), .. slot.Plan.Flows.Select(f => keys.Flow(f.Flow)),
        ];
        RedisValue[] arguments =
        [
            token,
            slot.Nonce.Value,
            Stored.Milliseconds(now),
            end.Outcome.ToString(),
            end.PaidNavax is { } paid ? paid : "",
            Window(now.AddDays(-BudgetDaysKept)),
            Stored.Milliseconds(slot.At),
            .. end.Readings.SelectMany(r => new RedisValue[]
            {
                r.Rate.ToDecimal(), Stored.Number(r.LastUpdated.UnixSeconds), Stored.Number(end.Block.Number.Value),
            }),
        ];
        var answer = (RedisResult[])(await redis.RunAsync(RedisScript.Close, all, arguments, cancellationToken))!;
        return (string?)answer[0] is "OK" or "ALREADY_CLOSED";
    }

    public async Task<bool> ReleaseSlotAsync(string token, OpenSlot slot, CancellationToken cancellationToken)
    {
        RedisKey[] all =
        [
            keys.Leader, keys.Slots, keys.Slot(slot.Nonce), keys.Attempts(slot.Nonce), .. slot.Plan.Flows.Select(f => keys.Flow(f.Flow)),
        ];
        var answer = (RedisResult[])(await redis.RunAsync(RedisScript.Release, all, [token, slot.Nonce.Value, Stored.Milliseconds(slot.At)], cancellationToken))!;
        return (string?)answer[0] is "OK" or "NO_SLOT";
    }

    public Task<StoredHighWater> ReadHighWaterAsync(Nonce? newestConsumed, CancellationToken cancellationToken) =>
        HighWater.ReadAsync(newestConsumed, cancellationToken);

    public Task<string?> ServerAsync(CancellationToken cancellationToken) => HighWater.ServerAsync(cancellationToken);

    public Task<RaisedHighWater?> RaiseHighWaterAsync(
        string token, Nonce consumed, BlockNumber block, string? server, LaneLoss? loss, CancellationToken cancellationToken) =>
        HighWater.RaiseAsync(token, consumed, block, server, loss, cancellationToken);

    public Task<bool> JournalReadAsync(BlockNumber through, DateTimeOffset? loss, CancellationToken cancellationToken) =>
        HighWater.JournalReadAsync(through, loss, cancellationToken);

    public Task SearchedAsync(DateTimeOffset loss, CancellationToken cancellationToken) => HighWater.SearchedAsync(loss, cancellationToken);

    public Task<bool> ReseedBudgetAsync(
        string token, DateTimeOffset loss, DateTimeOffset at, long navax, long assumedNavax, CancellationToken cancellationToken) =>
        HighWater.ReseedBudgetAsync(token, loss, at, navax, assumedNavax, cancellationToken);

    private LaneHighWater HighWater => new(redis, keys);

    private async Task<AttemptAnswer> AppendAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, SlotPlan? amended, CancellationToken cancellationToken)
    {
        var flows = amended?.Flows ?? [];
        RedisKey[] all =
        [
            keys.Leader, keys.Slot(nonce), keys.Attempts(nonce), keys.Hash, keys.Budget, keys.Hashes, .. flows.Select(f => keys.Flow(f.Flow)),
        ];
        RedisValue[] arguments =
        [
            token,
            nonce.Value,
            index,
            attempt.Batch.Hash.ToString(),
            AttemptDocument.Write(attempt),
            attempt.Batch.WorstCase.ToNanoCeiling(),
            Window(attempt.At),
            budgetNavax,
            HashesKept,
            amended is null ? "" : SlotDocument.Write(amended),
            .. flows.Select(f => (RedisValue)Stored.Number(f.Generation)),
        ];
        var answer = (RedisResult[])(await writeAhead.RunAsync(RedisScript.Attempt, all, arguments, cancellationToken))!;
        return (string?)answer[0] switch
        {
            "OK" => AttemptAnswer.Written,
            "FENCED" => AttemptAnswer.Fenced,
            "NO_SLOT" => AttemptAnswer.NoSlot,
            "ATTEMPT_RACE" => AttemptAnswer.Raced,
            "BUDGET" => AttemptAnswer.OverBudget,
            "FLOW_BUSY" or "STALE_GEN" => AttemptAnswer.Stale,
            var other => throw new StoredFormException($"attempt.lua answered '{other}'."),
        };
    }

    // A UTC day: the budget's window.
    internal static string Window(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
