using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>Finds out which steps of a refused account are at fault, and tells whom it concerns (superfluid.md §3.6).</summary>
internal sealed partial class CulpritJudge(LanePorts ports, LaneMemory memory, LaneTeller teller, SettlementMetrics metrics, ILogger<CulpritJudge> logger)
{
    private const int MostCulprits = 16;

    /// <returns>What of the account may go all the same; null where nothing.</returns>
    public async Task<DraftedAccount?> JudgeAsync(
        LaneRound round, DraftedAccount account, SimulationFailure inBatch, CancellationToken cancellationToken)
    {
        var sifted = await Sifting.SiftAsync(
            account.Plan.Steps,
            steps => ports.Vehicle.SimulateAsync([.. account.With(steps).Operations], round.Head.Block.Number, round.Bound.Gas, cancellationToken),
            MostCulprits);
        // It fails beside others only: it may go alone, in a later round.
        var culprits = sifted.Culprits.Count > 0
            ? sifted.Culprits
            : [.. account.Plan.Steps.Select(s => new Culprit<FlowStep, SimulationFailure>(s, inBatch))];

        foreach (var culprit in culprits)
            await PutOffAsync(account, culprit, cancellationToken);
        foreach (var refusal in RefusalsOf(sifted.Culprits))
            await teller.RefuseAsync(account.Plan.Account, refusal, cancellationToken);
        await PutOffBoundAsync(account, [.. culprits.Where(c => c.Why.Owner != FailureOwner.Transient).Select(c => c.Item)], cancellationToken);

        List<FlowStep> failed = [.. culprits.Select(c => c.Item)];
        var rest = sifted.Passing.Except(failed).Except(BoundTo(account, failed)).ToList();
        return rest.Count == 0 ? null : account.With(rest);
    }

    /// <summary>They become due together with the leg that they wait for.</summary>
    private async Task PutOffBoundAsync(DraftedAccount account, List<FlowStep> culprits, CancellationToken cancellationToken)
    {
        if (culprits.Count == 0)
            return;
        var notBefore = ports.Now + culprits.Max(c => BackOff.After(account.FlowOf(c).Fails));
        foreach (var flow in BoundTo(account, culprits).Select(account.FlowOf))
            await ports.Lane.BackOffAsync(flow.Flow, flow.Generation, notBefore, "another leg of its lease is refused", cancellationToken);
    }

    private async Task PutOffAsync(DraftedAccount account, Culprit<FlowStep, SimulationFailure> culprit, CancellationToken cancellationToken)
    {
        var (flow, why) = (account.FlowOf(culprit.Item), culprit.Why);
        metrics.Failed(why.Owner);
        if (why.Owner == FailureOwner.Transient)
        {
            // The chain has moved on: the account looks, and the next round plans anew.
            memory.MustLook(account.Plan.Account);
            return;
        }

        if (why.Owner is FailureOwner.Ours or FailureOwner.Unspecified)
            LogOurs(flow.Flow, flow.Desired.ToDecimal(), why.Detail);
        else
            LogRefused(flow.Flow, flow.Desired.ToDecimal(), why.Detail, why.Owner);
        await ports.Lane.BackOffAsync(flow.Flow, flow.Generation, ports.Now + BackOff.After(flow.Fails), why.Detail, cancellationToken);
    }

    private static IEnumerable<SettlementRefusal> RefusalsOf(
        IEnumerable<Culprit<FlowStep, SimulationFailure>> culprits) => culprits
        .Where(c => c.Why.Owner is FailureOwner.Customer or FailureOwner.Payee)
        .GroupBy(c => c.Why.Reason)
        .Select(group => new SettlementRefusal(
            [.. group.Select(c => c.Item.Intent.Flow.Payee)],
            group.Key,
            string.Join("; ", group.Select(c => $"{c.Why.Detail} at {c.Item.Intent.Desired} to {c.Item.Intent.Flow.Payee}"))));

    /// <summary>Raises of leases that also pay a culprit: the legs of a lease go or stay together. What lowers is never held back.</summary>
    private static List<FlowStep> BoundTo(DraftedAccount account, IReadOnlyList<FlowStep> culprits)
    {
        var leases = account.Book.Leases.Values.Where(l => culprits.Any(c => account.IsRaise(c) && l.Pays(c.Intent.Flow.Payee))).ToList();
        return [.. account.Plan.Steps.Except(culprits).Where(s => account.IsRaise(s) && leases.Exists(l => l.Pays(s.Intent.Flow.Payee)))];
    }

    [LoggerMessage(EventId = 7170, Level = LogLevel.Warning, Message = "The chain would refuse {Flow} at {Rate} wei/s: {Detail}, a matter of the {Owner}.")]
    private partial void LogRefused(FlowKey flow, string rate, string detail, FailureOwner owner);

    [LoggerMessage(EventId = 7171, Level = LogLevel.Error, Message = "The chain would refuse {Flow} at {Rate} wei/s: {Detail}. That is a bug or a wrong configuration of the gateway.")]
    private partial void LogOurs(FlowKey flow, string rate, string detail);
}
