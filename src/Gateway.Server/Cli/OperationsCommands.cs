using System.CommandLine;
using Superfluid.Gateway.V1;

namespace Gateway.Server.Cli;

/// <summary><c>breakers</c>, <c>settlement</c>, <c>reconcile</c>, <c>rebuild</c>.</summary>
internal static class OperationsCommands
{
    public static Command Breakers()
    {
        var (address, json) = (GatewayConnection.Address(), GatewayConnection.AsJson());
        var command = new Command("breakers", "Circuit breakers of dependencies, and of leases that are not healthy.") { address, json };
        command.SetAction((parsed, ct) => GatewayConnection.AskAsync(
            parsed.GetRequiredValue(address),
            parsed.GetValue(json),
            async client =>
            {
                var request = new ListBreakersRequest();
                request.States.Add([BreakerState.Open, BreakerState.HalfOpen, BreakerState.Isolated]);
                return await client.Operations.ListBreakersAsync(request, cancellationToken: ct);
            },
            answer => GatewayConnection.Table(
                ["OF", "STATE", "WHY", "SINCE"],
                [
                    .. answer.Dependencies.Select(d => new[] { d.Name, $"{d.Breaker.State}", d.Detail, Since(d.Breaker) }),
                    .. answer.Leases.Select(l => new[] { l.LeaseId, $"{l.Breaker.State}", $"{l.Breaker.Reason}", Since(l.Breaker) }),
                ])));
        return command;
    }

    public static Command Settlement()
    {
        var (address, json) = (GatewayConnection.Address(), GatewayConnection.AsJson());
        var command = new Command("settlement", "The lane: who leads, what is open, what waits, what it has cost today.") { address, json, SettlementLimitsCommand.Make() };
        command.SetAction((parsed, ct) => GatewayConnection.AskAsync(
            parsed.GetRequiredValue(address),
            parsed.GetValue(json),
            async client => await client.Operations.GetSettlementAsync(new GetSettlementRequest(), cancellationToken: ct),
            answer => answer.Lanes.SelectMany(Show)));
        return command;
    }

    public static Command Reconcile()
    {
        var (address, json) = (GatewayConnection.Address(), GatewayConnection.AsJson());
        var dryRun = new Option<bool>("--dry-run") { Description = "Only compares." };
        var command = new Command("reconcile", "Compares every flow that is wanted with the chain, and repairs what differs.") { address, json, dryRun };
        command.SetAction((parsed, ct) => GatewayConnection.AskAsync(
            parsed.GetRequiredValue(address),
            parsed.GetValue(json),
            async client => await client.Operations.ReconcileAsync(new ReconcileRequest { DryRun = parsed.GetValue(dryRun) }, cancellationToken: ct),
            report =>
            [
                $"{report.FlowsChecked} flows checked, {report.Divergences.Count} differ",
                .. GatewayConnection.Table(
                    ["PAYER", "PAYEE", "TOKEN", "WANTED", "ON CHAIN", "REPAIR"],
                    report.Divergences.Select(d => new[] { d.Payer, d.Payee, d.Token, d.Wanted, d.OnChain, d.Repair })),
            ]));
        return command;
    }

    public static Command Rebuild()
    {
        var (address, json) = (GatewayConnection.Address(), GatewayConnection.AsJson());
        var dryRun = new Option<bool>("--dry-run") { Description = "Only says what would be restored." };
        var command = new Command("rebuild", "Brings back what Redis has lost, from what our operator wrote on chain beside each change.") { address, json, dryRun };
        command.SetAction((parsed, ct) => GatewayConnection.AskAsync(
            parsed.GetRequiredValue(address),
            parsed.GetValue(json),
            async client => await client.Operations.RebuildAsync(new RebuildRequest { DryRun = parsed.GetValue(dryRun) }, cancellationToken: ct),
            report =>
            [
                $"{report.Flows} flows of ours in the blocks {report.FromBlock} to {report.ThroughBlock}",
                .. GatewayConnection.Table(
                    ["LEASE", "PAYER", "TOKEN", "RATE", "RESTORED"],
                    report.Leases.Select(l => new[] { l.LeaseId, l.Payer, l.Token, l.FlowRate, l.RestoredNow ? "now" : $"{l.RestoredAt?.ToDateTimeOffset():u}" })),
                .. report.HeldLeaseIds.Select(id => $"held, since our own later operations contradict it: {id}"),
                .. report.DoubtfulLeaseIds.Select(id => $"not restored, since others have changed a flow of it: {id}"),
                .. report.FailedAccounts.Select(a => $"{(a.Unreadable ? "cannot be read" : "not restored")}, {a.Token} of {a.Payer}: {a.Why}"),
                .. GatewayConnection.Table(
                    ["PAYER", "PAYEE", "TOKEN", "ON CHAIN", "UNCLAIMED", "FOREIGN", "ORPHAN"],
                    report.Unexplained.Select(f => new[] { f.Payer, f.Payee, f.Token, f.OnChain, $"{f.Unclaimed} of {f.UnclaimedLeases}", f.Foreign, f.Orphan ? "yes" : "" })),
            ]));
        return command;
    }

    public static IEnumerable<string> Show(Lane lane) =>
    [
        $"operator {lane.Operator}, led by {(lane.Leader.Length > 0 ? lane.Leader : "nobody")}",
        $"native balance {lane.NativeBalance} wei, spent today {lane.GasSpentToday} of {lane.GasBudgetToday} wei{(lane.GasSpentAssumed is "" or "0" ? "" : $", and perhaps {lane.GasSpentAssumed} more")}",
        $"next nonce {lane.NextNonce}, {lane.DirtyFlows} flows to settle, the oldest for {lane.OldestDirty?.ToTimeSpan():c}",
        $"a gas may cost, in nAVAX: {Show(lane.Ceilings)}{(lane.Paused ? "; PAUSED by hand" : "")}",
        .. lane.LimitsLostAt is { } lost ? [$"LIMITS LOST with Redis, found at {lost.ToDateTimeOffset():u}: set them again, or none"] : Array.Empty<string>(),
        .. lane.Troubles.Select(t => $"  trouble {t.Kind} since {t.Since?.ToDateTimeOffset():u}: {t.Detail}"),
        .. lane.OpenSlots.Select(s => $"  slot {s.Nonce} {s.State}: {s.Flows} flows, {s.Attempts.Count} attempts since {s.OpenedAt?.ToDateTimeOffset():u}"),
    ];

    private static string Show(GasCeilings ceilings) =>
        $"stop-loss {ceilings.StopLoss}, open {ceilings.Open}, raise {ceilings.Raise}, lower {ceilings.Lower}, trim {ceilings.Trim}";

    private static string Since(Breaker breaker) => breaker.ChangedAt is { } at ? $"{at.ToDateTimeOffset():u}" : "-";
}
