using System.Reflection;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;

namespace Gateway.Testing.Chains;

/// <summary>A node as it is, but that it takes no state overrides. Derived from at run time.</summary>
public class WithoutOverrides : DispatchProxy
{
    private IEthRpc? _rpc;

    public static IEthRpc Of(IEthRpc rpc)
    {
        var proxy = Create<IEthRpc, WithoutOverrides>();
        ((WithoutOverrides)(object)proxy)._rpc = rpc;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => args?[0] is CallRequest { CodeInstead: not null }
        ? Task.FromException<byte[]>(new RpcRefusedException(new RpcOrigin("node", "eth_call"), -32602, "too many arguments, want at most 2"))
        : targetMethod!.Invoke(_rpc, args); // An interface's method.
}
