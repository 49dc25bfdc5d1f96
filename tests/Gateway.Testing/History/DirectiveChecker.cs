using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Testing.History;

/// <summary>Judges what schedulers were told by what the chain shows: no VM was started unpaid, and none was paused that was paid.</summary>
/// <remarks>Prices are taken at their least, so that it rather accepts a little too little than complains without a reason.</remarks>
public static class DirectiveChecker
{
    /// <returns>What is wrong, each beginning with the letter of its check; empty: nothing.</returns>
    public static IReadOnlyList<string> Check(RecordedHistory history) => new Walk(history).Run();

    private sealed class Walk(RecordedHistory history)
    {
        private readonly ILookup<FlowKey, ChainRate> _chain = history.LastOfEachTransaction().ToLookup(c => c.Flow);
        private readonly Dictionary<LeaseId, RecordedLease> _leases = history.Leases.ToDictionary(l => l.Id);

        /// <summary>VMs that may run, and the last word on each.</summary>
        private readonly Dictionary<LeaseId, Exchange.Told> _running = [];

        public List<string> Run()
        {
            var wrong = new List<string>();
            foreach (var exchange in history.Exchanges)
            {
                if (exchange is not Exchange.Told told)
                {
                    _running.Remove(exchange.Lease);
                }
                else if (told.Execution == Execution.Run)
                {
                    _running[told.Lease] = told;
                    wrong.AddRange(Unpaid(told));
                }
                else
                {
                    wrong.AddRange(Paid(told));
                    // Who lost his flow is owed nothing; any other pause leaves the flow as it is until the VM stands.
                    if (IsDisruption(told.Reason) || told.Execution == Execution.Terminate)
                        _running.Remove(told.Lease);
                    else if (_running.ContainsKey(told.Lease))
                        _running[told.Lease] = told;
                }
            }

            return wrong;
        }

        /// <summary>(f) A run directive names a block in which every flow of its lease carries all VMs that may run on it.</summary>
        private IEnumerable<string> Unpaid(Exchange.Told told) => _leases[told.Lease].LeastLegs.Keys
            .Select(flow => (Flow: flow, Rate: RateAt(flow, told.Block), Due: Due(flow, told.Block)))
            .Where(f => f.Rate < f.Due)
            .Select(f => $"(f) {told.Lease} was told to run by block {told.Block}, where {f.Flow} is at {f.Rate}, and {f.Due} is due");

        /// <summary>(g) A pause for a flow that somebody took away names him, or a block in which the flow is too low for those that run on it.</summary>
        private IEnumerable<string> Paid(Exchange.Told told)
        {
            var flows = _leases[told.Lease].LeastLegs.Keys;
            var isExplained = !IsDisruption(told.Reason)
                || flows.SelectMany(f => _chain[f]).Any(c => c.Transaction == told.Transaction && IsForeign(c))
                || flows.Any(f => RateAt(f, told.Block) < Due(f, told.Block));
            return isExplained
                ? []
                : [$"(g) {told.Lease} was paused for {told.Reason}, but block {told.Block} shows it paid, and {told.Transaction} is nobody's change of its flows"];
        }

        /// <summary>What the VMs want of the flow, less what a trim may take: so much at most that was paid before it was used.</summary>
        private FlowRate Due(FlowKey flow, BlockNumber? at)
        {
            var legs = _running.Values.Where(told => !HasLost(told, flow, at))
                .Aggregate(FlowRate.Zero, (sum, told) => sum + _leases[told.Lease].LeastLegs.GetValueOrDefault(flow, FlowRate.Zero));
            return legs - FlowRate.FromWeiPerSecond(legs.WeiPerSecond / RateTrim.MostOf);
        }

        /// <summary>One that was paused for something else, and whose flow somebody has changed since: it may have gone down with it, and nobody is told twice.</summary>
        private bool HasLost(Exchange.Told last, FlowKey flow, BlockNumber? at) =>
            last.Execution != Execution.Run && _chain[flow].Any(c => IsForeign(c) && c.Block <= at && (last.Block is not { } block || c.Block > block));

        private FlowRate RateAt(FlowKey flow, BlockNumber? block) => _chain[flow].LastOrDefault(c => c.Block <= block)?.Rate ?? FlowRate.Zero;

        private bool IsForeign(ChainRate change) => !history.Lanes.Contains(change.By);
    }

    private static bool IsDisruption(Reason reason) => reason is Reason.FlowClosedByPayer or Reason.FlowClosedByPayee or Reason.FlowClosedByOther
        or Reason.FlowLiquidated or Reason.FlowRateLowered;
}
