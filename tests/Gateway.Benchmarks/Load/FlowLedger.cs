using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Load;

/// <summary>What every flow should be, change by change: its own arithmetic, so that the gateway is held to something it did not say.</summary>
internal sealed class FlowLedger(Address superToken, Address community)
{
    private readonly Dictionary<string, (VmChange Last, FlowRate Rate)> _leases = new(StringComparer.Ordinal);
    private readonly Dictionary<FlowKey, FlowRate> _flows = [];

    /// <summary>Every flow that any change touched, with the sum of its legs.</summary>
    public IReadOnlyDictionary<FlowKey, FlowRate> Flows => _flows;

    /// <returns>Both flows with their rates before and after.</returns>
    public IReadOnlyList<FlowMove> Apply(VmChange change)
    {
        var before = _leases.TryGetValue(change.Lease, out var lease) ? lease.Rate : FlowRate.Zero;
        _leases[change.Lease] = (change, change.Rate);
        return
        [
            Move(new FlowKey(superToken, change.Payer, change.Node), TwoLegs.Node(before), TwoLegs.Node(change.Rate)),
            Move(new FlowKey(superToken, change.Payer, community), TwoLegs.Community(before), TwoLegs.Community(change.Rate)),
        ];
    }

    public IReadOnlyDictionary<string, FlowRate> Leases => _leases.ToDictionary(l => l.Key, l => l.Value.Rate, StringComparer.Ordinal);

    private FlowMove Move(FlowKey flow, FlowRate legBefore, FlowRate legAfter)
    {
        var before = _flows.GetValueOrDefault(flow);
        var after = before - legBefore + legAfter;
        _flows[flow] = after;
        return new FlowMove(flow, before, after);
    }
}

/// <summary>One flow from one rate to another.</summary>
internal sealed record FlowMove(FlowKey Flow, FlowRate Before, FlowRate After);
