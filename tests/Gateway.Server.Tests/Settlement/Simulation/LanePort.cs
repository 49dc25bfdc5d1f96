using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>The lane's Redis as one process reaches it. Whatever really happens there is checked.</summary>
internal sealed class LanePort(InMemoryLane lane, ProcessCalls calls, Invariants invariants) : ILane
{
    public Task<string?> AcquireAsync(string owner, TimeSpan ttl, CancellationToken cancellationToken) => calls.StoreAsync(() =>
    {
        var token = Now(lane.AcquireAsync(owner, ttl, cancellationToken));
        if (token is not null)
            invariants.Acquired(token, ttl);
        return token;
    });

    public Task ResignAsync(string token, CancellationToken cancellationToken) => Run(() => lane.ResignAsync(token, cancellationToken));

    public Task MarkAsync(FlowMark mark, DateTimeOffset now, CancellationToken cancellationToken) => Run(() =>
    {
        invariants.Marked(mark);
        return lane.MarkAsync(mark, now, cancellationToken);
    });

    public Task<IReadOnlyList<LaneFlow>> DueAsync(DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        calls.StoreAsync(() => Now(lane.DueAsync(now, most, cancellationToken)));

    public Task<IReadOnlyList<LaneFlow>> UrgentAsync(DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        calls.StoreAsync(() => Now(lane.UrgentAsync(now, most, cancellationToken)));

    public Task<IReadOnlyList<LaneFlow>> LockedAsync(OpenSlot slot, CancellationToken cancellationToken) =>
        calls.StoreAsync(() => Now(lane.LockedAsync(slot, cancellationToken)));

    public Task<LaneLimits> LimitsAsync(CancellationToken cancellationToken) => calls.StoreAsync(() => Now(lane.LimitsAsync(cancellationToken)));

    public Task SetLimitsAsync(LaneLimits limits, CancellationToken cancellationToken) => Run(() => lane.SetLimitsAsync(limits, cancellationToken));

    public Task<bool> TellLimitsLostAsync(LaneLimits read, LaneLimits marked, CancellationToken cancellationToken) =>
        calls.StoreAsync(() => Now(lane.TellLimitsLostAsync(read, marked, cancellationToken)));

    public Task<StoredHighWater> ReadHighWaterAsync(Nonce? newestConsumed, CancellationToken cancellationToken) =>
        calls.StoreAsync(() => Now(lane.ReadHighWaterAsync(newestConsumed, cancellationToken)));

    public Task<string?> ServerAsync(CancellationToken cancellationToken) => calls.StoreAsync(() => Now(lane.ServerAsync(cancellationToken)));

    public Task<RaisedHighWater?> RaiseHighWaterAsync(
        string token, Nonce consumed, BlockNumber block, string? server, LaneLoss? loss, CancellationToken cancellationToken) =>
        calls.StoreAsync(() => Now(lane.RaiseHighWaterAsync(token, consumed, block, server, loss, cancellationToken)));

    public Task<bool> JournalReadAsync(BlockNumber through, DateTimeOffset? loss, CancellationToken cancellationToken) =>
        calls.StoreAsync(() => Now(lane.JournalReadAsync(through, loss, cancellationToken)));

    public Task SearchedAsync(DateTimeOffset loss, CancellationToken cancellationToken) => Run(() => lane.SearchedAsync(loss, cancellationToken));

    public Task<bool> ReseedBudgetAsync(
        string token, DateTimeOffset loss, DateTimeOffset at, long navax, long assumedNavax, CancellationToken cancellationToken) =>
        Run(() => lane.ReseedBudgetAsync(token, loss, at, navax, assumedNavax, cancellationToken));

    public Task TellOutlookAsync(SettlementOutlook outlook, CancellationToken cancellationToken) =>
        Run(() => lane.TellOutlookAsync(outlook, cancellationToken));

    public Task ObserveAsync(FlowKey flow, FlowReading reading, BlockNumber block, CancellationToken cancellationToken) =>
        Run(() => lane.ObserveAsync(flow, reading, block, cancellationToken));

    public Task BackOffAsync(FlowKey flow, ulong generation, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
        Run(() => lane.BackOffAsync(flow, generation, notBefore, error, cancellationToken));

    public Task<IReadOnlyList<OpenSlot>> OpenSlotsAsync(CancellationToken cancellationToken) =>
        calls.StoreAsync(() => Now(lane.OpenSlotsAsync(cancellationToken)));

    public Task<ReserveAnswer> ReserveAsync(
        string token, Nonce nonce, SlotPlan plan, int mostOpen, DateTimeOffset now, CancellationToken cancellationToken) => calls.StoreAsync(() =>
        {
            var answer = Now(lane.ReserveAsync(token, nonce, plan, mostOpen, now, cancellationToken));
            if (answer == ReserveAnswer.Reserved)
                invariants.Reserved(token, nonce.Value, plan, mostOpen);
            return answer;
        });

    public Task<AttemptAnswer> AppendAttemptAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, CancellationToken cancellationToken) => calls.StoreAsync(() =>
        {
            var answer = Now(lane.AppendAttemptAsync(token, nonce, index, attempt, budgetNavax, cancellationToken));
            if (answer == AttemptAnswer.Written)
                invariants.Written(token, nonce.Value, attempt, budgetNavax);
            return answer;
        });

    public Task<AttemptAnswer> AmendAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, SlotPlan plan, CancellationToken cancellationToken) => calls.StoreAsync(() =>
        {
            var answer = Now(lane.AmendAsync(token, nonce, index, attempt, budgetNavax, plan, cancellationToken));
            if (answer == AttemptAnswer.Written)
                invariants.Amended(token, nonce.Value, attempt, budgetNavax, plan);
            return answer;
        });

    public Task<bool> CloseAsync(string token, OpenSlot slot, SlotEnd end, DateTimeOffset now, CancellationToken cancellationToken) => calls.StoreAsync(() =>
    {
        var wasOpen = lane.OpenNonces.Contains(slot.Nonce.Value);
        var closed = Now(lane.CloseAsync(token, slot, end, now, cancellationToken));
        if (closed && wasOpen)
            invariants.Closed(token, slot, end);
        return closed;
    });

    public Task<bool> ReleaseSlotAsync(string token, OpenSlot slot, CancellationToken cancellationToken) => calls.StoreAsync(() =>
    {
        var wasOpen = lane.OpenNonces.Contains(slot.Nonce.Value);
        var released = Now(lane.ReleaseSlotAsync(token, slot, cancellationToken));
        if (released && wasOpen)
            invariants.Released(token, slot.Nonce.Value);
        return released;
    });

    private Task<bool> Run(Func<Task> effect) => calls.StoreAsync(() => effect().IsCompletedSuccessfully);

#pragma warning disable VSTHRD002 // What is in memory is there at once: nothing is waited for.
    private static T Now<T>(Task<T> done) => done.Result;
#pragma warning restore VSTHRD002
}
