using System.Collections.Concurrent;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transactions;
using Gateway.Chain.Transport;
using Gateway.Devnet.Anvil;
using Gateway.Devnet.Parts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Devnet.Accounts;

/// <summary>Sends calls as an account of the devnet, as its wallet would.</summary>
internal sealed class TransactionSender(AnvilProcess anvil, ChainId chainId, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly Wei Tip = Wei.FromGwei(1);

    private readonly ConcurrentDictionary<Address, SemaphoreSlim> _nonces = new();

    /// <summary>Signs and sends; it may not be in a block yet when this returns.</summary>
    /// <param name="to">Null creates a contract, of which nothing is estimated.</param>
    /// <param name="gas">Null: by estimate, which finds a call that reverts before it costs anything.</param>
    /// <exception cref="ExecutionRevertedException">The estimate says that it would revert; with the contract's own error.</exception>
    public async Task<Hash32> SendAsync(
        DevAccount from, Address? to, byte[] data, CancellationToken cancellationToken, Wei value = default, ulong? gas = null)
    {
        if (to is null && gas is null)
            throw new ArgumentException("Say how much gas the creation of a contract may use.", nameof(gas));
        var head = await anvil.Rpc.GetLatestBlockAsync(cancellationToken);
        var limit = gas ?? await EstimateAsync(from, to!, data, value, head.Block.Number, cancellationToken); // Not null without gas, see above.
        var turn = _nonces.GetOrAdd(from.Address, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken);
        try
        {
            var nonce = await anvil.Control.GetPendingNonceAsync(from.Address, cancellationToken);
            var maxFee = Wei.From((head.BaseFee.Value * 4) + Tip.Value);
            var signed = await new Eip1559Transaction(chainId, nonce, Tip, maxFee, limit, to, value, data).SignAsync(from.Signer, cancellationToken);
            return await anvil.Rpc.SendRawTransactionAsync(signed.Raw, cancellationToken) is SendOutcome.Accepted
                ? signed.Hash
                : throw new DevnetException($"The local chain did not take a transaction of {from}.");
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Sends, and waits until it is in a block.</summary>
    /// <returns>Of a transaction that failed too: with <paramref name="gas"/> given nothing was simulated before.</returns>
    public async Task<TransactionReceipt> CallAsync(
        DevAccount from, Address? to, byte[] data, CancellationToken cancellationToken, Wei value = default, ulong? gas = null) =>
        await ReceiptAsync(await SendAsync(from, to, data, cancellationToken, value, gas), cancellationToken);

    /// <summary>Waits until it is in a block.</summary>
    public async Task<TransactionReceipt> ReceiptAsync(Hash32 hash, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await anvil.Rpc.GetReceiptAsync(hash, cancellationToken) is { } receipt)
                return receipt;
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    public void Dispose()
    {
        foreach (var turn in _nonces.Values)
            turn.Dispose();
    }

    private async Task<ulong> EstimateAsync(DevAccount from, Address to, byte[] data, Wei value, BlockNumber at, CancellationToken cancellationToken)
    {
        var estimate = await anvil.Rpc.EstimateGasAsync(new CallRequest(to, data, from.Address, Value: value), at, cancellationToken);
        // Estimates are too low for accounts that were touched in the same second (superfluid.md §5).
        return estimate + (estimate * 3 / 10) + 50_000;
    }
}
