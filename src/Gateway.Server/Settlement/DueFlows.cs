using System.Collections.Immutable;
using Gateway.Domain.Accounts;

namespace Gateway.Server.Settlement;

/// <summary>What the next transaction is made of.</summary>
/// <param name="Amends">The stuck slot whose content it replaces; null: it gets a nonce of its own.</param>
internal sealed record DueWork(IReadOnlyList<LaneFlow> Flows, OpenSlot? Amends = null);

/// <summary>Which flows may go next: everything that is due where no transaction is under way; else only what is urgent, past it or in its place.</summary>
internal sealed class DueFlows(LanePorts ports, LaneMemory memory, LaneTroubles troubles, SettlementMetrics metrics)
{
    /// <summary>Far more than one transaction carries: all legs of an account must be among them.</summary>
    private const int MostDue = 1000;

    /// <summary>How long held work stands back where there is so much of it that it hides other work.</summary>
    private static readonly TimeSpan HeldBehind = TimeSpan.FromSeconds(30);

    public async Task<DueWork> TakeAsync(LaneRound round, ImmutableArray<OpenSlot> open, CancellationToken cancellationToken)
    {
        if (open.IsEmpty)
        {
            var due = await ports.Lane.DueAsync(ports.Now, MostDue, cancellationToken);
            var affordable = Held(round, due);
            // Held work that fills the whole reading would hide what stands behind it and may go.
            if (affordable.IsEmpty && due.Count == MostDue)
                await PutBehindAsync(due, cancellationToken);
            return new DueWork(Ripe(round, affordable));
        }

        // A slot without bytes is about to be released, and nothing may stand above it then.
        if (open.Any(s => s.Attempts.IsEmpty))
            return new DueWork([]);

        var urgent = Affordable(round, await ports.Lane.UrgentAsync(ports.Now, MostDue, cancellationToken));
        if (SlotPolicy.IsStuck(open[0], ports.Now, round.Head.BaseFee, memory.Pace.BlockTime))
            return await AmendAsync(round, open[0], urgent, cancellationToken);

        // The simulation does not see what is under way: nothing goes past it that shares an account with it.
        var touched = open.SelectMany(s => s.Plan.Flows).Select(f => f.Flow.Account).ToHashSet();
        return new DueWork(open.Length < SlotOpener.MostOpen ? [.. urgent.Where(f => !touched.Contains(f.Flow.Account))] : []);
    }

    /// <summary>True for a flow that is urgent now, and was not when the slot's newest attempt was made.</summary>
    public static bool IsNewlyUrgent(OpenSlot slot, LaneFlow flow) =>
        flow.Urgency == Urgency.StopLoss && !slot.Plan.Flows.Any(f => f.Flow == flow.Flow && f.Generation == flow.Generation);

    private async Task<DueWork> AmendAsync(LaneRound round, OpenSlot slot, ImmutableArray<LaneFlow> urgent, CancellationToken cancellationToken)
    {
        var locked = Affordable(round, await ports.Lane.LockedAsync(slot, cancellationToken));
        ImmutableArray<LaneFlow> all = [.. urgent, .. locked];
        return all.Any(f => IsNewlyUrgent(slot, f)) ? new DueWork(all, slot) : new DueWork([]);
    }

    private async Task PutBehindAsync(IReadOnlyList<LaneFlow> held, CancellationToken cancellationToken)
    {
        foreach (var flow in held)
            await ports.Lane.BackOffAsync(flow.Flow, flow.Generation, ports.Now + HeldBehind, "gas is above the ceiling", cancellationToken);
    }

    /// <summary>What gas costs now decides who goes: drift waits for a quiet hour, whoever loses money does not.</summary>
    private ImmutableArray<LaneFlow> Held(LaneRound round, IReadOnlyList<LaneFlow> due)
    {
        var affordable = Affordable(round, due);
        var held = due.Except(affordable).ToList();
        memory.Holds(held.Select(f => f.Flow.Account));
        if (held.Count == 0 || round.IsOnlyUrgent)
        {
            troubles.Over(LaneTrouble.GasAboveCeiling); // While nothing but urgent work goes, the price says nothing.
            return affordable;
        }

        metrics.Held(LaneTrouble.GasAboveCeiling, held.Count);
        troubles.Met(LaneTrouble.GasAboveCeiling, $"{held.Count} flows wait at a base fee of {round.Head.BaseFee}");
        return affordable;
    }

    private ImmutableArray<LaneFlow> Affordable(LaneRound round, IReadOnlyList<LaneFlow> due)
    {
        var offers = Enum.GetValues<Urgency>().ToDictionary(
            u => u, u => round.OfferFor(u, memory.Pace.HourlyBaseFee) is not null);
        return [.. due.Where(f => offers[f.Urgency])];
    }

    /// <summary>Whole accounts, so that the legs of a lease go together. What is urgent waits for nobody, and takes along what its account has.</summary>
    private ImmutableArray<LaneFlow> Ripe(LaneRound round, ImmutableArray<LaneFlow> due)
    {
        var now = ports.Now;
        var accounts = due.GroupBy(f => f.Flow.Account).ToDictionary(g => g.Key, g => Coalescing.RipeAt(
            g.Min(f => f.MarkedAt),
            memory.NewestMarkAt,
            memory.IsInBurst,
            g.Any(f => f.Urgency == Urgency.StopLoss) ? TimeSpan.Zero : round.Options.CoalescingWindow));
        memory.RipensAt(accounts.Values.Where(at => at > now).Select(at => (DateTimeOffset?)at).Min());
        return [.. due.Where(f => accounts[f.Flow.Account] <= now)];
    }
}
