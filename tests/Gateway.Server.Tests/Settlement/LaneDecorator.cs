using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Passes everything on; a test changes one method of it.</summary>
internal class LaneDecorator(ILane inner) : ILane
{
    public virtual Task<string?> AcquireAsync(string owner, TimeSpan ttl, CancellationToken cancellationToken) =>
        inner.AcquireAsync(owner, ttl, cancellationToken);

    public Task ResignAsync(string token, CancellationToken cancellationToken) => inner.ResignAsync(token, cancellationToken);

    public Task MarkAsync(FlowMark mark, DateTimeOffset now, CancellationToken cancellationToken) => inner.MarkAsync(mark, now, cancellationToken);

    public virtual Task<IReadOnlyList<LaneFlow>> DueAsync(DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        inner.DueAsync(now, most, cancellationToken);

    public Task<IReadOnlyList<LaneFlow>> UrgentAsync(DateTimeOffset now, int most, CancellationToken cancellationToken) =>
        inner.UrgentAsync(now, most, cancellationToken);

    public Task ObserveAsync(FlowKey flow, FlowReading reading, BlockNumber block, CancellationToken cancellationToken) =>
        inner.ObserveAsync(flow, reading, block, cancellationToken);

    public virtual Task BackOffAsync(FlowKey flow, ulong generation, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
        inner.BackOffAsync(flow, generation, notBefore, error, cancellationToken);

    public virtual Task<IReadOnlyList<OpenSlot>> OpenSlotsAsync(CancellationToken cancellationToken) => inner.OpenSlotsAsync(cancellationToken);

    public virtual Task<ReserveAnswer> ReserveAsync(
        string token, Nonce nonce, SlotPlan plan, int mostOpen, DateTimeOffset now, CancellationToken cancellationToken) =>
        inner.ReserveAsync(token, nonce, plan, mostOpen, now, cancellationToken);

    public Task<LaneLimits> LimitsAsync(CancellationToken cancellationToken) => inner.LimitsAsync(cancellationToken);

    public Task SetLimitsAsync(LaneLimits limits, CancellationToken cancellationToken) => inner.SetLimitsAsync(limits, cancellationToken);

    public Task<bool> TellLimitsLostAsync(LaneLimits read, LaneLimits marked, CancellationToken cancellationToken) =>
        inner.TellLimitsLostAsync(read, marked, cancellationToken);

    public Task TellOutlookAsync(SettlementOutlook outlook, CancellationToken cancellationToken) => inner.TellOutlookAsync(outlook, cancellationToken);

    public Task<IReadOnlyList<LaneFlow>> LockedAsync(OpenSlot slot, CancellationToken cancellationToken) => inner.LockedAsync(slot, cancellationToken);

    public virtual Task<AttemptAnswer> AmendAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, SlotPlan plan, CancellationToken cancellationToken) =>
        inner.AmendAsync(token, nonce, index, attempt, budgetNavax, plan, cancellationToken);

    public virtual Task<AttemptAnswer> AppendAttemptAsync(
        string token, Nonce nonce, int index, SlotAttempt attempt, long budgetNavax, CancellationToken cancellationToken) =>
        inner.AppendAttemptAsync(token, nonce, index, attempt, budgetNavax, cancellationToken);

    public Task<bool> CloseAsync(string token, OpenSlot slot, SlotEnd end, DateTimeOffset now, CancellationToken cancellationToken) =>
        inner.CloseAsync(token, slot, end, now, cancellationToken);

    public Task<bool> ReleaseSlotAsync(string token, OpenSlot slot, CancellationToken cancellationToken) =>
        inner.ReleaseSlotAsync(token, slot, cancellationToken);

    public Task<StoredHighWater> ReadHighWaterAsync(Nonce? newestConsumed, CancellationToken cancellationToken) =>
        inner.ReadHighWaterAsync(newestConsumed, cancellationToken);

    public Task<string?> ServerAsync(CancellationToken cancellationToken) => inner.ServerAsync(cancellationToken);

    public Task<RaisedHighWater?> RaiseHighWaterAsync(
        string token, Nonce consumed, BlockNumber block, string? server, LaneLoss? loss, CancellationToken cancellationToken) =>
        inner.RaiseHighWaterAsync(token, consumed, block, server, loss, cancellationToken);

    public Task<bool> JournalReadAsync(BlockNumber through, DateTimeOffset? loss, CancellationToken cancellationToken) =>
        inner.JournalReadAsync(through, loss, cancellationToken);

    public Task SearchedAsync(DateTimeOffset loss, CancellationToken cancellationToken) => inner.SearchedAsync(loss, cancellationToken);

    public Task<bool> ReseedBudgetAsync(
        string token, DateTimeOffset loss, DateTimeOffset at, long navax, long assumedNavax, CancellationToken cancellationToken) =>
        inner.ReseedBudgetAsync(token, loss, at, navax, assumedNavax, cancellationToken);
}
