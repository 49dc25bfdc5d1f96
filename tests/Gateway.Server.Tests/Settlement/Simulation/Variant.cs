using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>The gateway as it is, or one that is broken on purpose: a simulation that cannot fail proves nothing.</summary>
internal sealed record Variant(Func<Func<DateTimeOffset>, InMemoryLane> Lane, Func<LanePorts, SimulationWorld, LanePorts> Weaken)
{
    public static readonly Variant Real = new(time => new InMemoryLane(time), (ports, _) => ports);

    /// <summary>Each by the invariant that must notice it, and by what others really did.</summary>
    public static readonly ImmutableSortedDictionary<string, Variant> Broken = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
    [
        Of("I1 a replacement is sent before it is written", (p, _) => p with { Vehicle = new HastyVehicle(p.Vehicle, p.Chain) }),
        Of("I2 a timeout means that nothing was sent", time => new ForgetfulLane(time), (p, _) => Releasing(p)),
        Of("I3 nonces are counted", (p, _) => p with { Lane = new CountingLane(p.Lane) }),
        Of("I4 a flow under way is taken again", time => new BusyLane(time), (p, _) => p with { Lane = new BlindLane(p.Lane) }),
        Of("I5 slots are closed from the top", (p, _) => p with { Lane = new TopDownLane(p.Lane) }),
        Of("I6 what was planned is reserved whatever is wanted by now", time => new StaleLane(time), (p, _) => p with { Lane = new OutdatedLane(p.Lane) }),
        Of("I7 nobody asks who leads", time => new UnfencedLane(time)),
        Of("I7 epochs are counted", time => new CountedEpochs(time)),
        Of("I8 somebody sends what he has not written", (p, world) => p with { Vehicle = new SmugglingVehicle(p.Vehicle, world.Network) }),
        Of("I9 a missing receipt means that a nonce is used up", (p, _) => Concluding(p)),
        Of("I10 the budget is not asked", time => new SpendingLane(time)),
        Of("I11 a flow is changed that the slot has not locked", (p, _) => p with { Vehicle = new GreedyVehicle(p.Vehicle) }),
        Of("I12 what failed once waits for ever", (p, _) => p with { Lane = new PatientLane(p.Lane) }),
    ]);

    private static KeyValuePair<string, Variant> Of(string name, Func<LanePorts, SimulationWorld, LanePorts> weaken) =>
        new(name, Real with { Weaken = weaken });

    private static KeyValuePair<string, Variant> Of(
        string name, Func<Func<DateTimeOffset>, InMemoryLane> lane, Func<LanePorts, SimulationWorld, LanePorts>? weaken = null) =>
        new(name, new Variant(lane, weaken ?? Real.Weaken));

    private static LanePorts Releasing(LanePorts ports)
    {
        var lane = new ReleasingLane(ports.Lane);
        return ports with { Lane = lane, Chain = new TimeoutChain(ports.Chain, lane) };
    }

    private static LanePorts Concluding(LanePorts ports)
    {
        var lane = new WatchedLane(ports.Lane);
        return ports with { Lane = lane, Chain = new ConcludingChain(ports.Chain, lane) };
    }

    private sealed class ForgetfulLane(Func<DateTimeOffset> time) : InMemoryLane(time)
    {
        protected override bool HoldsSlot(SlotState slot) => false;
    }

    private sealed class BusyLane(Func<DateTimeOffset> time) : InMemoryLane(time)
    {
        protected override bool IsBusy(FlowKey flow) => false;
    }

    private sealed class StaleLane(Func<DateTimeOffset> time) : InMemoryLane(time)
    {
        protected override bool IsStale(SlotFlow flow) => false;
    }

    private sealed class UnfencedLane(Func<DateTimeOffset> time) : InMemoryLane(time)
    {
        protected override bool IsFenced(string token) => false;
    }

    private sealed class CountedEpochs(Func<DateTimeOffset> time) : InMemoryLane(time)
    {
        protected override long NextEpoch(long last, DateTimeOffset now) => last + 1;
    }

    private sealed class SpendingLane(Func<DateTimeOffset> time) : InMemoryLane(time)
    {
        protected override bool IsOverBudget(long used, long cap) => false;
    }

    private sealed class CountingLane(ILane inner) : LaneDecorator(inner)
    {
        private ulong _last;

        public override Task<ReserveAnswer> ReserveAsync(
            string token, Nonce nonce, SlotPlan plan, int mostOpen, DateTimeOffset now, CancellationToken cancellationToken)
        {
            _last = Math.Max(_last + 1, nonce.Value);
            return base.ReserveAsync(token, new Nonce(_last), plan, mostOpen, now, cancellationToken);
        }
    }

    private class BlindLane(ILane inner) : LaneDecorator(inner)
    {
        protected IReadOnlyList<OpenSlot> Open { get; private set; } = [];

        public override async Task<IReadOnlyList<OpenSlot>> OpenSlotsAsync(CancellationToken cancellationToken)
        {
            Open = await base.OpenSlotsAsync(cancellationToken);
            return [];
        }

        public override Task<ReserveAnswer> ReserveAsync(
            string token, Nonce nonce, SlotPlan plan, int mostOpen, DateTimeOffset now, CancellationToken cancellationToken) =>
            base.ReserveAsync(token, Open.Count > 0 ? Open[^1].Nonce.Next : nonce, plan, mostOpen + 2, now, cancellationToken);
    }

    private sealed class TopDownLane(ILane inner) : BlindLane(inner)
    {
        public override async Task<IReadOnlyList<OpenSlot>> OpenSlotsAsync(CancellationToken cancellationToken)
        {
            await base.OpenSlotsAsync(cancellationToken);
            return Open.Count > 1 ? [Open[^1]] : [];
        }
    }

    private sealed class OutdatedLane(ILane inner) : LaneDecorator(inner)
    {
        public override Task<ReserveAnswer> ReserveAsync(
            string token, Nonce nonce, SlotPlan plan, int mostOpen, DateTimeOffset now, CancellationToken cancellationToken) =>
            base.ReserveAsync(
                token, nonce, plan with { Flows = [.. plan.Flows.Select(f => f with { Generation = f.Generation - 1 })] }, mostOpen, now, cancellationToken);
    }

    private sealed class PatientLane(ILane inner) : LaneDecorator(inner)
    {
        public override Task BackOffAsync(FlowKey flow, ulong generation, DateTimeOffset notBefore, string error, CancellationToken cancellationToken) =>
            base.BackOffAsync(flow, generation, notBefore.AddYears(1), error, cancellationToken);
    }

    private class WatchedLane(ILane inner) : LaneDecorator(inner)
    {
        public IReadOnlyList<OpenSlot> Open { get; private set; } = [];

        public override async Task<IReadOnlyList<OpenSlot>> OpenSlotsAsync(CancellationToken cancellationToken) =>
            Open = await base.OpenSlotsAsync(cancellationToken);
    }

    private sealed class ReleasingLane(ILane inner) : WatchedLane(inner)
    {
        private string _token = "";

        public override async Task<string?> AcquireAsync(string owner, TimeSpan ttl, CancellationToken cancellationToken)
        {
            var token = await base.AcquireAsync(owner, ttl, cancellationToken);
            _token = token ?? "";
            return token;
        }

        public async Task ReleaseAllAsync(CancellationToken cancellationToken)
        {
            foreach (var slot in Open)
                await ReleaseSlotAsync(_token, slot, cancellationToken);
        }
    }

    private sealed class TimeoutChain(ILaneChain inner, ReleasingLane lane) : ChainDecorator(inner)
    {
        public override async Task<BroadcastResult> SendAsync(SignedBatch batch, CancellationToken cancellationToken)
        {
            var result = await base.SendAsync(batch, cancellationToken);
            if (result.Kind == Broadcast.Unknown)
                await lane.ReleaseAllAsync(cancellationToken);
            return result;
        }
    }

    private sealed class ConcludingChain(ILaneChain inner, WatchedLane lane) : ChainDecorator(inner)
    {
        public override async Task<LaneHead> HeadAsync(CancellationToken cancellationToken)
        {
            var head = await base.HeadAsync(cancellationToken);
            return lane.Open.Count > 0 ? head with { Consumed = lane.Open[^1].Nonce.Next } : head;
        }

        public override Task<IReadOnlyList<Nonce>> ConsumedPerEndpointAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<Nonce>>([new Nonce(ulong.MaxValue), new Nonce(ulong.MaxValue)]);
    }

    private sealed class HastyVehicle(IBatchVehicle inner, ILaneChain chain) : VehicleDecorator(inner)
    {
        public override async Task<SignedBatch> ResignAsync(SignedBatch batch, FeeOffer fee, CancellationToken cancellationToken)
        {
            var signed = await base.ResignAsync(batch, fee, cancellationToken);
            await chain.SendAsync(signed, cancellationToken);
            return signed;
        }
    }

    private sealed class SmugglingVehicle(IBatchVehicle inner, SimulatedNetwork network) : VehicleDecorator(inner)
    {
        public override async Task<SignedBatch> SignAsync(
            IReadOnlyList<BatchOperation> operations, Nonce nonce, ulong gasLimit, FeeOffer fee, CancellationToken cancellationToken)
        {
            network.Accept(network.Of(await base.SignAsync(operations, nonce, gasLimit, fee, cancellationToken)));
            return await base.SignAsync(operations, nonce, gasLimit, fee, cancellationToken);
        }
    }

    private sealed class GreedyVehicle(IBatchVehicle inner) : VehicleDecorator(inner)
    {
        private IReadOnlyList<BatchOperation> _former = [];

        public override Task<SignedBatch> SignAsync(
            IReadOnlyList<BatchOperation> operations, Nonce nonce, ulong gasLimit, FeeOffer fee, CancellationToken cancellationToken)
        {
            var again = _former.Select(o => o with { Operation = o.Operation with { Kind = FlowOperationKind.Update } })
                .Where(o => !o.Operation.Rate.IsZero && operations.All(n => n.Operation.Flow != o.Operation.Flow));
            var all = operations.Concat(again).ToList();
            _former = operations;
            return base.SignAsync(all, nonce, gasLimit, fee, cancellationToken);
        }
    }
}
