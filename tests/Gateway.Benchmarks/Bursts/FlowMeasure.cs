using Gateway.Benchmarks.Load;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Bursts;

/// <summary>What each flow has streamed, out of the chain's logs, beside what its VMs have used, out of what was reported: arithmetic of its own, so that the gateway's is not believed.</summary>
internal sealed class FlowMeasure
{
    private readonly DevnetWorld _world;
    private readonly Dictionary<FlowKey, Measured> _flows = [];
    private BlockNumber _read;
    private DateTimeOffset _now;

    /// <param name="from">Nothing of these flows is on chain before it.</param>
    public FlowMeasure(DevnetWorld world, IEnumerable<BurstVm> vms, BlockRef from)
    {
        (_world, _read, _now) = (world, from.Number, from.Time.ToDateTimeOffset());
        foreach (var (flow, rate) in vms.SelectMany(v => LegsOf(v)))
            Of(flow).Full += rate;
    }

    /// <summary>Largest amount that a flow was ahead of its use at the end of a second, in seconds' worth of all its VMs running.</summary>
    public double MostAhead { get; private set; }

    /// <summary>The same behind: what VMs had used and their node had not got.</summary>
    public double MostBehind { get; private set; }

    /// <summary>Largest distance of any flow as it stands now, likewise.</summary>
    public double Rest => _flows.Values.Max(f => Math.Abs(f.Seconds));

    public TokenAmount Streamed => _flows.Values.Aggregate(TokenAmount.Zero, (sum, f) => sum + f.Streamed);

    public TokenAmount Used => _flows.Values.Aggregate(MilliWei.Zero, (sum, f) => sum + f.Used).FloorToWei();

    public bool IsStill => _flows.Values.All(f => f.Rate.IsZero);

    public void Switch(VmSwitch change, DateTimeOffset at)
    {
        foreach (var (flow, rate) in LegsOf(change.Vm))
        {
            var measured = Of(flow);
            measured.UseUntil(at);
            measured.Using = change.Runs ? measured.Using + rate : measured.Using - rate;
        }
    }

    /// <summary>Reads what the chain did up to this block, and compares.</summary>
    public async Task ReadAsync(BlockRef head, CancellationToken cancellationToken)
    {
        var filter = LogFilter.OfRange(_read.Plus(1), head.Number, [_world.Chain.Contracts.Cfa], [FlowEvents.FlowUpdatedTopic]);
        foreach (var log in await _world.Chain.Anvil.Rpc.GetLogsAsync(filter, cancellationToken))
        {
            var (flow, rate) = FlowEvents.ReadRate(log);
            if (!_flows.TryGetValue(flow, out var measured))
                continue;
            measured.StreamUntil((await _world.Chain.Anvil.Rpc.RequireBlockAsync(log.Block, cancellationToken)).Block.Time);
            measured.Rate = rate;
        }

        (_read, _now) = (head.Number, head.Time.ToDateTimeOffset());
        foreach (var measured in _flows.Values)
        {
            measured.StreamUntil(head.Time);
            measured.UseUntil(_now);
            MostAhead = Math.Max(MostAhead, measured.Seconds);
            MostBehind = Math.Max(MostBehind, -measured.Seconds);
        }
    }

    private Measured Of(FlowKey flow)
    {
        if (!_flows.TryGetValue(flow, out var measured))
            _flows[flow] = measured = new Measured(_now);
        return measured;
    }

    private IEnumerable<(FlowKey Flow, FlowRate Rate)> LegsOf(BurstVm vm) =>
    [
        (new FlowKey(_world.Chain.Tokens.Aleph, vm.Payer, vm.Node), TwoLegs.Node(vm.Rate)),
        (new FlowKey(_world.Chain.Tokens.Aleph, vm.Payer, _world.Chain.Accounts.Community.Address), TwoLegs.Community(vm.Rate)),
    ];

    private sealed class Measured(DateTimeOffset since)
    {
        private ulong _streamedUntil = (ulong)since.ToUnixTimeSeconds();
        private DateTimeOffset _usedUntil = since;

        public FlowRate Full { get; set; }

        public FlowRate Rate { get; set; }

        public FlowRate Using { get; set; }

        public TokenAmount Streamed { get; private set; }

        public MilliWei Used { get; private set; }

        /// <summary>Ahead of use; for people, so a double does.</summary>
        public double Seconds => (double)(((Streamed.Wei * 1000) - Used.Value) / Full.WeiPerSecond) / 1000;

        public void StreamUntil(BlockTime at)
        {
            Streamed += Rate.Over(at.UnixSeconds - _streamedUntil);
            _streamedUntil = at.UnixSeconds;
        }

        public void UseUntil(DateTimeOffset at)
        {
            Used += MilliWei.Of(Using, (long)(at - _usedUntil).TotalMilliseconds);
            _usedUntil = at;
        }
    }
}
