using System.Reflection;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;

namespace Gateway.Server.Tests.Settlement;

/// <summary>What happens at one call to the outside.</summary>
internal enum FaultKind
{
    /// <summary>kill -9 before anything of it happened.</summary>
    KilledBefore,

    /// <summary>kill -9 after it happened, before anybody heard of it.</summary>
    KilledAfter,

    /// <summary>It happened, but its answer is lost; the process lives on.</summary>
    AnswerLost,

    /// <summary>It did not happen, and that is not known either.</summary>
    NeverArrived,
}

internal sealed class ProcessKilledException() : Exception("kill -9");

/// <summary>Counts the calls that change something, and strikes at one of them.</summary>
internal sealed class Faults(int strikeAt, FaultKind kind)
{
    private static readonly HashSet<string> Readings =
    [
        nameof(ILane.DueAsync), nameof(ILane.UrgentAsync), nameof(ILane.LockedAsync), nameof(ILane.TellOutlookAsync), nameof(ILane.LimitsAsync), nameof(ILane.OpenSlotsAsync), nameof(ILaneAccounts.MarksAsync),
        nameof(ILaneAccounts.LoadAsync), nameof(ILaneChain.HeadAsync),
        nameof(ILaneChain.ConsumedAtAsync), nameof(ILaneChain.ConsumedPerEndpointAsync), nameof(ILaneChain.ReceiptAsync), nameof(ILaneChain.LookAsync),
        nameof(ILanePast.PendingAsync), nameof(ILanePast.TimeOfAsync), nameof(ILanePast.OwnTransactionsAsync), nameof(ILaneHighWater.ReadHighWaterAsync), nameof(ILaneHighWater.ServerAsync),
        nameof(ILaneChain.ReadFlowsAsync), nameof(IBatchVehicle.SimulateAsync), nameof(IBatchVehicle.EstimateGasAsync), "get_Operator",
    ];

    private int _calls;

    /// <summary>Calls so far: how many points there are to strike at.</summary>
    public int Calls => _calls;

    /// <summary>The process was killed: nothing that it still tries happens.</summary>
    public bool IsDead { get; private set; }

    public LanePorts Around(LanePorts ports) => new(
        Around(ports.Chain), Around(ports.Vehicle), Around(ports.Accounts), Around(ports.Lane), ports.Time);

    private T Around<T>(T inner)
        where T : class
    {
        var proxy = DispatchProxy.Create<T, Proxy>();
        ((Proxy)(object)proxy).Prepare(inner, this);
        return proxy;
    }

    private FaultKind? Next(string method)
    {
        if (IsDead)
            return FaultKind.KilledBefore;
        if (Readings.Contains(method) || Interlocked.Increment(ref _calls) != strikeAt)
            return null;
        IsDead = kind is FaultKind.KilledBefore or FaultKind.KilledAfter;
        return kind;
    }

#pragma warning disable CA1852 // The runtime derives the proxies from it.
    public class Proxy : DispatchProxy
#pragma warning restore CA1852
    {
        private object _inner = new();
        private Faults _faults = new(0, default);

        internal void Prepare(object inner, Faults faults) => (_inner, _faults) = (inner, faults);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var method = targetMethod!; // Called by the generated code only.
            if (_faults.Next(method.Name) is not { } fault)
                return method.Invoke(_inner, args);
            var result = method.ReturnType.IsGenericType ? method.ReturnType.GenericTypeArguments[0] : typeof(bool);
            var strike = typeof(Proxy).GetMethod(nameof(StrikeAsync), BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(result);
            return strike.Invoke(this, [method, args, fault]);
        }

        private async Task<TResult> StrikeAsync<TResult>(MethodInfo method, object?[]? args, FaultKind fault)
        {
            if (fault is FaultKind.KilledAfter or FaultKind.AnswerLost)
                await (Task)method.Invoke(_inner, args)!; // Every method of the ports is asynchronous.
            if (fault is FaultKind.KilledBefore or FaultKind.KilledAfter)
                throw new ProcessKilledException();
            // Sending has no exceptions: its doubt is an outcome.
            return new BroadcastResult(Broadcast.Unknown, "lost") is TResult unknown ? unknown : throw new StoreUnavailableException("no answer");
        }
    }
}
