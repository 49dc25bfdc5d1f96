using System.Numerics;
using Gateway.Chain.Abi;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Superfluid;

/// <summary>A view call that has not been made yet: where, what, and how its answer is read.</summary>
/// <remarks>Several of them go out as one batch at one block, and stay typed.</remarks>
public sealed class ChainView<T>
{
    private readonly AbiFunction _function;
    private readonly Func<object[], T> _read;

    internal ChainView(Address contract, AbiFunction function, object[] arguments, Func<object[], T> read)
        : this(new CallRequest(contract, function.Encode(arguments)), function, read)
    {
    }

    private ChainView(CallRequest request, AbiFunction function, Func<object[], T> read) => (Request, _function, _read) = (request, function, read);

    public CallRequest Request { get; }

    /// <summary>The same call, of whose answer only a part is wanted.</summary>
    public ChainView<TPart> Select<TPart>(Func<T, TPart> part) => new(Request, _function, values => part(_read(values)));

    /// <exception cref="RpcFailedException">The answer is not what this function returns: another contract, or none, is there.</exception>
    public T Read(byte[] answer)
    {
        try
        {
            return _read(_function.DecodeResult(answer));
        }
        catch (AbiException e)
        {
            var origin = new RpcOrigin(Request.To.ToString(), _function.Signature);
            throw new RpcFailedException(origin, RpcFailure.Malformed, answer.Length == 0 ? "no contract answers there" : e.Message, inner: e);
        }
    }

    public async Task<T> AskAsync(IEthRpc rpc, BlockNumber at, CancellationToken cancellationToken) =>
        Read(await rpc.CallAsync(Request, at, cancellationToken));
}

/// <summary>Reading of what the ABI decoder gives.</summary>
internal static class Decoded
{
    public static Int128 Int128(object value) => (Int128)(BigInteger)value;

    public static BlockTime Time(object value) => new((ulong)(BigInteger)value);

    public static Domain.Money.TokenAmount Amount(object value) => Domain.Money.TokenAmount.FromWei((BigInteger)value);
}
