using System.Runtime.ExceptionServices;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Configuration;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Storage;
using Gateway.Testing.History;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>Everything around the processes of one run.</summary>
internal sealed class SimulationWorld
{
    /// <summary>Snapshots of the lane that a rollback may go back to: 40 seconds.</summary>
    private const int Snapshots = 8;

    private readonly Queue<LaneState> _snapshots = [];
    private ExceptionDispatchInfo? _failure;

    public SimulationWorld(SimulationPlan plan, Variant variant)
    {
        Random = new Random(plan.Seed ^ 0x5eed);
        Faults = new FaultSwitch(plan.Faults);
        Weakness = variant.Weaken;
        Network = new SimulatedNetwork((ulong)ServerTime().ToUnixTimeSeconds());
        Views = new SimulatedViews(Network, Random);
        Invariants = new Invariants(Network, ServerTime);
        Network.Executed = Invariants.Executed;
        Lane = variant.Lane(ServerTime);
        Settings.DailyBudgetNavax = Faults.Has(FaultKinds.TightBudget) ? 60_000_000 : SettlementBudget;
        Books.Wanted = Wanted.Add;
        Snapshot();
    }

    public const long SettlementBudget = 1_000_000_000_000;

    public VirtualTime Time { get; } = new();

    public Random Random { get; }

    public FaultSwitch Faults { get; }

    public Func<LanePorts, SimulationWorld, LanePorts> Weakness { get; }

    public SettlementOptions Settings { get; } = new();

    public SimulatedNetwork Network { get; }

    public SimulatedViews Views { get; }

    public bool AreBlocksStalled { get; set; }

    public SimulatedBooks Books { get; } = new();

    /// <summary>What accounts wanted of their flows, in order.</summary>
    public List<FlowMark> Wanted { get; } = [];

    public InMemoryLane Lane { get; }

    public Invariants Invariants { get; }

    public DateTimeOffset ServerTime() => ProcessClock.InstantOf(Time.Now);

    /// <summary>Begins something that runs beside everything else. It must not end by an exception: <see cref="ThrowIfAnyFailed"/>.</summary>
    public void Begin(Func<Task> what) => Time.Begin(async () =>
    {
        try
        {
            await what();
        }
        catch (Exception e)
        {
            _failure ??= ExceptionDispatchInfo.Capture(e);
        }
    });

    /// <summary>What only hurries something along: that it cannot be done now is nobody's loss.</summary>
    public void BeginHint(Func<Task> what) => Begin(async () =>
    {
        try
        {
            await what();
        }
        catch (Exception e) when (e is ChainException or StoreUnavailableException)
        {
            // Done again by whoever needs it.
        }
    });

    public void ThrowIfAnyFailed() => _failure?.Throw();

    /// <summary>What the run left behind, for those who judge it by that alone.</summary>
    public RecordedHistory History()
    {
        var settled = Cast.Flows.Where(f => !Books.Load(f.Account).Leases.IsEmpty && Books.Load(f.Account).Account.Flows.ContainsKey(f.Payee));
        return new RecordedHistory(
            [.. Wanted.Select(w => new WantedRate(w.Flow, w.Generation, w.Desired))],
            [.. Network.Logs.Select((l, i) => ChainRateOf(l, (uint)i))],
            [.. Lane.Log.Select(l => new VerifiedRate(l.Flow, l.Generation, l.Block))],
            new HashSet<Address> { Cast.Operator },
            settled.ToHashSet(),
            [.. Network.Receipts.Values.Select(r => r.Paid)],
            Invariants.IsAllPaidKnown ? Lane.Budget(LaneStore.Window(ServerTime())) : null,
            Balances: [])
        {
            Exchanges = Books.Exchanges.All,
            Leases = Books.Exchanges.Leases,
        };
    }

    private ChainRate ChainRateOf(FlowLog log, uint index)
    {
        var by = log.Cause == ChangeCause.ByUs ? Cast.Operator : Cast.Flows[log.Flow].Payer;
        var block = Network.Blocks[(int)log.Block].Ref;
        return new ChainRate(Cast.Flows[log.Flow], log.After, by, block.Number, block.Time, index, log.Transaction);
    }

    public void Snapshot()
    {
        if (!Faults.IsOn)
            return;
        _snapshots.Enqueue(Lane.Snapshot());
        if (_snapshots.Count > Snapshots)
            _snapshots.Dequeue();
    }

    public void RollBack(int what)
    {
        Lane.Restore(_snapshots.ElementAt(what % _snapshots.Count));
        Invariants.Lost(Lane.Snapshot());
    }

    public void Flush()
    {
        Lane.Flush();
        Invariants.Lost(Lane.Snapshot());
    }

    public void ExpireLeader()
    {
        Lane.ExpireLeader();
        Invariants.ExpiredLeader();
    }

    public void Calm()
    {
        Faults.IsOn = false;
        Views.AreSilent = false;
        Views.HideReceipts = false;
        AreBlocksStalled = false;
        Views.CatchUp();
        Network.BaseFee = Wei.FromGwei(1);
        Settings.DailyBudgetNavax = SettlementBudget;
    }
}
