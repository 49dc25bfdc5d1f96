using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Server.Accounts.Preparing;

/// <summary>A transaction that the payer wanted would be refused by the contracts.</summary>
internal sealed class WouldFailException(string description, Revert revert) : Exception($"'{description}' would fail on chain: {revert.Name}.");

/// <summary>Tries transactions out before they are handed to anybody, and says how much gas they may use.</summary>
internal sealed class CallSimulator(IEthRpc rpc)
{
    /// <summary>What a transaction costs before its call begins (yellow paper, G_transaction).</summary>
    private const ulong TransactionGas = 21_000;

    /// <summary>Of its data, at most: 16 for a byte that is not zero (EIP-2028); the floor of EIP-7623 lies below what these calls execute.</summary>
    private const ulong GasPerByte = 16;

    /// <summary>
    /// A call of a script finds warm what the call before it touched: two contracts behind proxies, a balance and an allowance, each 2,500 or 2,000
    /// cheaper than cold, and an allowance that was changed already, 4,900 cheaper to change again (EIP-2929, EIP-2200).
    /// </summary>
    private const ulong WarmthGas = 30_000;

    /// <summary>What the call returns, simulated as the payer's.</summary>
    /// <exception cref="ExecutionRevertedException">It would revert.</exception>
    public Task<byte[]> CallAsync(Address from, PlannedCall call, BlockNumber at, CancellationToken cancellationToken) =>
        rpc.CallAsync(RequestOf(from, call), at, cancellationToken);

    /// <summary>A transaction that depends on no other.</summary>
    /// <exception cref="WouldFailException">It would revert.</exception>
    public async Task<PreparedTransaction> PrepareAsync(Address from, PlannedCall call, BlockNumber at, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(from, call, at, cancellationToken);
            return call.With(from, Limit(await rpc.EstimateGasAsync(RequestOf(from, call), at, cancellationToken)));
        }
        catch (ExecutionRevertedException e)
        {
            throw new WouldFailException(call.Description, SuperfluidErrors.Classify([.. e.RevertData]));
        }
    }

    /// <summary>Transactions of which each depends on those before it.</summary>
    /// <param name="bounds">Gas limits that were measured, for a node that cannot simulate such a row.</param>
    /// <exception cref="WouldFailException">One of them would revert.</exception>
    public async Task<IReadOnlyList<PreparedTransaction>> PrepareAllAsync(
        Address from, IReadOnlyList<PlannedCall> calls, IReadOnlyList<ulong> bounds, BlockNumber at, CancellationToken cancellationToken)
    {
        if (calls.Count == 1)
            return [await PrepareAsync(from, calls[0], at, cancellationToken)];
        try
        {
            var answer = await rpc.CallAsync(CallScript.Of(from, [.. calls.Select(c => RequestOf(from, c))]), at, cancellationToken);
            var gas = CallScript.ReadGas(answer, calls.Count);
            return [.. calls.Select((c, i) => c.With(from, Limit(TransactionGas + (GasPerByte * (ulong)c.Data.Length) + gas[i] + (i > 0 ? WarmthGas : 0))))];
        }
        catch (ExecutionRevertedException e)
        {
            throw new WouldFailException(calls[^1].Description, SuperfluidErrors.Classify([.. e.RevertData]));
        }
        catch (RpcRefusedException e) when (e.Error is NodeError.InvalidRequest or NodeError.MethodNotFound or NodeError.Unspecified)
        {
            // No state overrides at this node: the first one is tried alone, the others rest on what was checked before.
            var first = await PrepareAsync(from, calls[0], at, cancellationToken);
            return [first, .. calls.Skip(1).Zip(bounds.Skip(1), (c, bound) => c.With(from, bound))];
        }
    }

    /// <summary>Three tenths more: an account that was touched in the same second is estimated too low (superfluid.md §5).</summary>
    private static ulong Limit(ulong estimate) => ((estimate * 13) + 9) / 10;

    private static CallRequest RequestOf(Address from, PlannedCall call) => new(call.To, call.Data, from, Value: call.Value);
}
