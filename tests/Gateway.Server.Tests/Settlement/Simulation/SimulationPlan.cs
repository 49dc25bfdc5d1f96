using System.Globalization;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>What may go wrong in a run. A run that fails is tried again with fewer of them.</summary>
[Flags]
internal enum FaultKinds
{
    None = 0,

    /// <summary>It happened, but nobody hears of it.</summary>
    LostAnswers = 1,

    /// <summary>It did not happen, and nobody hears of that either.</summary>
    LostRequests = 1 << 1,

    /// <summary>It happens later than its caller gave it up.</summary>
    LateRequests = 1 << 2,
    Kills = 1 << 3,

    /// <summary>A process sleeps, leads no more, and goes on where it was.</summary>
    Zombies = 1 << 4,

    /// <summary>Pools forget, and remember what they forgot.</summary>
    Pools = 1 << 5,
    HiddenReceipts = 1 << 6,
    LaggingViews = 1 << 7,
    SilentChain = 1 << 8,
    FeeSpikes = 1 << 9,

    /// <summary>Somebody else uses the operator's key.</summary>
    ForeignNonces = 1 << 10,

    /// <summary>Payers close, raise, lower and recreate what we made.</summary>
    Payers = 1 << 11,
    Revocations = 1 << 12,
    DryAccounts = 1 << 13,

    /// <summary>The lane's keys are those of some seconds ago.</summary>
    Rollbacks = 1 << 14,

    /// <summary>The lane's keys are gone.</summary>
    Flushes = 1 << 15,
    LostLeases = 1 << 16,
    ClockJumps = 1 << 17,
    TightBudget = 1 << 18,

    /// <summary>No blocks for a while: what is under way stays there.</summary>
    SlowBlocks = 1 << 19,
}

/// <summary>What happens at an instant, whatever the gateway does.</summary>
internal enum ActionKind
{
    Open,
    Resize,
    Close,
    PayerCloses,
    PayerRaises,
    PayerLowers,
    PayerRecreates,
    Revoke,
    Grant,
    Withdraw,
    Refill,
    UseNonce,
    ForgetPool,
    Resurrect,
    RaiseFee,
    LowerFee,
    Flush,
    Rollback,
    ExpireLeader,
    Kill,
    Freeze,
    JumpClock,
    SilenceChain,
    LagViews,
    HideReceipts,
    StallBlocks,
}

/// <param name="Number">By which a run is told to leave it out.</param>
/// <param name="Who">A lease, an account, a process: taken modulo how many there are.</param>
internal sealed record SimulatedAction(int Number, TimeSpan At, ActionKind Kind, int Who, int What);

/// <summary>One run: all that chance decides, decided beforehand, or by a generator with a known seed.</summary>
internal sealed record SimulationPlan(int Seed, FaultKinds Faults, IReadOnlyList<SimulatedAction> Actions)
{
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(90);

    private const int Count = 80;

    private static readonly (ActionKind Kind, FaultKinds Fault, int Weight)[] Kinds =
    [
        (ActionKind.Open, FaultKinds.None, 12), (ActionKind.Resize, FaultKinds.None, 12), (ActionKind.Close, FaultKinds.None, 10),
        (ActionKind.PayerCloses, FaultKinds.Payers, 2), (ActionKind.PayerRaises, FaultKinds.Payers, 1), (ActionKind.PayerLowers, FaultKinds.Payers, 1),
        (ActionKind.PayerRecreates, FaultKinds.Payers, 2), (ActionKind.Revoke, FaultKinds.Revocations, 2), (ActionKind.Grant, FaultKinds.Revocations, 2),
        (ActionKind.Withdraw, FaultKinds.DryAccounts, 2), (ActionKind.Refill, FaultKinds.DryAccounts, 2), (ActionKind.UseNonce, FaultKinds.ForeignNonces, 2),
        (ActionKind.ForgetPool, FaultKinds.Pools, 2), (ActionKind.Resurrect, FaultKinds.Pools, 4), (ActionKind.RaiseFee, FaultKinds.FeeSpikes, 4),
        (ActionKind.LowerFee, FaultKinds.FeeSpikes, 2), (ActionKind.Flush, FaultKinds.Flushes, 1), (ActionKind.Rollback, FaultKinds.Rollbacks, 2),
        (ActionKind.ExpireLeader, FaultKinds.LostLeases, 3), (ActionKind.Kill, FaultKinds.Kills, 3), (ActionKind.Freeze, FaultKinds.Zombies, 4),
        (ActionKind.JumpClock, FaultKinds.ClockJumps, 2), (ActionKind.SilenceChain, FaultKinds.SilentChain, 2),
        (ActionKind.LagViews, FaultKinds.LaggingViews, 4), (ActionKind.HideReceipts, FaultKinds.HiddenReceipts, 3),
        (ActionKind.StallBlocks, FaultKinds.SlowBlocks, 4),
    ];

    /// <summary>Every kind of fault is there in about every second run.</summary>
    public static SimulationPlan Of(int seed)
    {
        var random = new Random(seed);
        var faults = FaultKinds.None;
        foreach (var kind in Enum.GetValues<FaultKinds>())
            faults |= random.Next(2) == 0 ? kind : FaultKinds.None;
        return Of(seed, faults, random);
    }

    /// <summary>The same without one kind of fault.</summary>
    public SimulationPlan Without(FaultKinds fault) => this with
    {
        Faults = Faults & ~fault,
        Actions = [.. Actions.Where(a => Array.Find(Kinds, k => k.Kind == a.Kind).Fault != fault)],
    };

    public SimulationPlan With(IEnumerable<SimulatedAction> actions) => this with { Actions = [.. actions] };

    /// <summary>A plan by its text, as <see cref="ToString"/> makes it; a seed alone is a whole run.</summary>
    public static SimulationPlan Parse(string text)
    {
        var parts = text.Split(':');
        var plan = Of(int.Parse(parts[0], CultureInfo.InvariantCulture));
        if (parts.Length > 1)
            plan = plan with { Faults = Enum.Parse<FaultKinds>(parts[1].Replace('+', ',')) };
        if (parts.Length > 2)
            plan = plan.With(plan.Actions.Where(a => parts[2].Split(',').Contains(a.Number.ToString(CultureInfo.InvariantCulture))));
        return plan;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Seed}:{Faults.ToString().Replace(", ", "+", StringComparison.Ordinal)}:{string.Join(',', Actions.Select(a => a.Number))}");

    private static SimulationPlan Of(int seed, FaultKinds faults, Random random)
    {
        var kinds = Kinds.Where(k => (k.Fault & faults) == k.Fault).SelectMany(k => Enumerable.Repeat(k.Kind, k.Weight)).ToList();
        var instants = Enumerable.Range(0, Count).Select(_ => random.NextDouble() * Duration.TotalSeconds).Order().ToList();
        var actions = instants.Select((at, i) => new SimulatedAction(
            i, TimeSpan.FromSeconds(at), i < 3 ? ActionKind.Open : kinds[random.Next(kinds.Count)], random.Next(1 << 20), random.Next(1 << 20)));
        return new SimulationPlan(seed, faults, [.. actions]);
    }
}
