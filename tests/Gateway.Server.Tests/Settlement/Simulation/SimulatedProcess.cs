using Gateway.Domain.Identity;
using Gateway.Server.Settlement;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>One replica: the real loop over ports that may fail. Killed, it never goes on; what it had sent off arrives all the same.</summary>
internal sealed class SimulatedProcess : IDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly SimulationWorld _world;
    private readonly LaneProcess _loop;

    public SimulatedProcess(SimulationWorld world, Action<SimulatedProcess> killed)
    {
        _world = world;
        Clock = new ProcessClock(world.Time);
        var calls = new ProcessCalls(world.Time, Clock, world.Random, world.Faults, () =>
        {
            Clock.IsDead = true;
            killed(this);
        });
        var chain = new ChainPort(world.Network, world.Views, calls, Clock, world.Invariants);
        Accounts = new AccountsPort(world.Books, world.Lane, world.Network, chain, calls, Clock);
        var ports = new LanePorts(chain, chain, Accounts, new LanePort(world.Lane, calls, world.Invariants), Clock);
        _loop = new LaneProcess(world.Weakness(ports, world), world.Settings);
    }

    public ProcessClock Clock { get; }

    public AccountsPort Accounts { get; }

    public bool IsUp => !Clock.IsDead && !Clock.IsFrozen;

    /// <summary>What it found of itself that must not be.</summary>
    public IReadOnlyList<string> Broken => _loop.Broken;

    public IReadOnlyCollection<LaneTrouble> Troubles => _loop.Troubles;

    public void Run() => _world.Begin(async () =>
    {
        while (true)
        {
            var result = await _loop.StepAsync(CancellationToken.None);
            await Task.Delay(result == StepResult.Again ? TimeSpan.FromMilliseconds(10) : Rest, Clock);
        }
    });

    /// <summary>Has an account look, as a watcher or a deadline does: what goes wrong is repeated by whoever asked.</summary>
    public void Evaluate(AccountKey account) => _world.BeginHint(() => Accounts.EvaluateAsync(account, CancellationToken.None));

    public void Kill() => Clock.IsDead = true;

    public void Dispose() => _loop.Dispose();
}
