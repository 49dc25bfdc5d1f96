using System.Reflection;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;

namespace Gateway.Testing.Chains;

/// <summary>A node as it is, but that it does not do one thing. Derived from at run time.</summary>
public class LimitedNode : DispatchProxy
{
    private IEthRpc? _rpc;
    private Func<string, object?[]?, object?>? _refusal;

    /// <summary>It takes no state overrides.</summary>
    public static IEthRpc WithoutOverrides(IEthRpc rpc) => Of(rpc, static (_, args) => args?[0] is CallRequest { CodeInstead: not null }
        ? Task.FromException<byte[]>(new RpcRefusedException(new RpcOrigin("node", "eth_call"), -32602, "too many arguments, want at most 2"))
        : null);

    /// <summary>It is not to be asked for several calls at once.</summary>
    public static IEthRpc WithoutBatches(IEthRpc rpc) => Of(rpc, static (method, _) =>
        method == nameof(IEthRpc.CallBatchAsync) ? throw new InvalidOperationException("One call was to be enough.") : null);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        _refusal!(targetMethod!.Name, args) ?? targetMethod.Invoke(_rpc, args); // An interface's method, and set by Of.

    private static IEthRpc Of(IEthRpc rpc, Func<string, object?[]?, object?> refusal)
    {
        var proxy = Create<IEthRpc, LimitedNode>();
        ((LimitedNode)(object)proxy)._rpc = rpc;
        ((LimitedNode)(object)proxy)._refusal = refusal;
        return proxy;
    }
}
