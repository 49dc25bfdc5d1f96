using Gateway.Testing.History;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>What a run came to.</summary>
/// <param name="ConvergedAfter">Since the faults stopped.</param>
/// <param name="Strays">Flows left behind by bytes that Redis forgot.</param>
/// <param name="Fingerprint">Of every event: the same plan has the same one, in every process.</param>
internal sealed record SimulationResult(TimeSpan ConvergedAfter, int Transactions, int Changes, int Blocks, int Processes, int Amendments, int Overtakings, int Strays, int Fingerprint);

/// <summary>One story: requests and faults for a while, then quiet, in which everything must come to where it should be.</summary>
internal sealed class SimulationRun
{
    private const int Replicas = 3;

    private static readonly TimeSpan MostQuiet = TimeSpan.FromMinutes(15);

    private readonly SimulationPlan _plan;
    private readonly SimulationWorld _world;
    private readonly SimulatedTraffic _traffic;
    private readonly List<SimulatedProcess> _all = [];
    private readonly List<SimulatedProcess> _processes = [];

    private bool _isOver;

    private SimulationRun(SimulationPlan plan, Variant variant)
    {
        _plan = plan;
        _world = new SimulationWorld(plan, variant);
        _traffic = new SimulatedTraffic(_world, _processes);
    }

    /// <exception cref="InvariantBrokenException">Something did not hold.</exception>
    public static SimulationResult Run(SimulationPlan plan, Variant variant)
    {
        var run = new SimulationRun(plan, variant);
        try
        {
            return run.Live();
        }
        finally
        {
            foreach (var process in run._all)
                process.Dispose();
        }
    }

    private SimulationResult Live()
    {
        for (var i = 0; i < Replicas; i++)
            Start();
        Every(TimeSpan.FromSeconds(1), Block);
        Every(TimeSpan.FromSeconds(1), _traffic.Tick);
        Every(TimeSpan.FromSeconds(5), _world.Snapshot);
        foreach (var action in _plan.Actions)
            _world.Time.After(action.At, () => Act(action));
        _world.Time.RunUntil(SimulationPlan.Duration.Ticks, () => false);

        _world.Calm();
        _traffic.MakeGood();
        var calm = _world.Time.Now;
        _world.Time.RunUntil(calm + MostQuiet.Ticks, () => _isOver);
        _world.ThrowIfAnyFailed();
        Invariants.Check("I12", _isOver, $"not settled {MostQuiet} after the faults stopped: {_traffic.WhatIsLeft()}; {string.Join(", ", _processes.SelectMany(p => p.Troubles))}");
        // A process may know of a loss of Redis later than it acts on it: then its own books are wrong, and say so.
        var broken = _world.Invariants.HasLost ? null : _all.SelectMany(p => p.Broken).FirstOrDefault();
        Invariants.Check("runtime", broken is null, $"{broken}");
        var wrong = !_world.Invariants.HasLost && HistoryChecker.Check(_world.History()) is [var first, ..] ? first : null;
        Invariants.Check("history", wrong is null, $"{wrong}");
        return new SimulationResult(
            TimeSpan.FromTicks(_world.Time.Now - calm), _world.Invariants.Transactions, _traffic.Changes, _world.Network.Blocks.Count, _all.Count, _world.Invariants.Amendments,
            _world.Invariants.Overtakings, _traffic.Strays, _world.Time.Fingerprint);
    }

    private void Start()
    {
        var process = new SimulatedProcess(_world, Replace);
        _all.Add(process);
        _processes.Add(process);
        process.Run();
    }

    /// <summary>Somebody starts it again after a while.</summary>
    private void Replace(SimulatedProcess process)
    {
        if (!_processes.Remove(process))
            return;
        process.Kill();
        _world.Time.After(TimeSpan.FromSeconds(0.5 + (_world.Random.NextDouble() * 4)), Start);
    }

    private void Block()
    {
        _world.ThrowIfAnyFailed();
        var logs = _world.Network.Logs.Count;
        if (!_world.AreBlocksStalled)
            _world.Network.Mine((ulong)_world.ServerTime().ToUnixTimeSeconds());
        _world.Views.Follow();
        _traffic.Hear(logs);
        _isOver = !_world.Faults.IsOn && _traffic.WhatIsLeft().Length == 0;
    }

    private void Every(TimeSpan interval, Action what) => _world.Time.After(interval, () =>
    {
        what();
        Every(interval, what);
    });

    private void Act(SimulatedAction action)
    {
        switch (action.Kind)
        {
            case ActionKind.Kill when _processes.Count > 0:
                Replace(_processes[action.Who % _processes.Count]);
                break;
            case ActionKind.Freeze when _processes.Count > 0:
                _processes[action.Who % _processes.Count].Clock.FreezeFor(TimeSpan.FromSeconds(5 + (action.What % 36)));
                break;
            case ActionKind.JumpClock when _processes.Count > 0:
                _processes[action.Who % _processes.Count].Clock.Skew = TimeSpan.FromSeconds((action.What % 121) - 60);
                break;
            default:
                _traffic.Act(action);
                break;
        }
    }
}
