using System.Text.Json.Nodes;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transactions;
using Gateway.Chain.Transport;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Testing.Proxy;

namespace Gateway.Benchmarks.Faults;

/// <summary>The control arm: a queue of jobs, each one transaction, as edge-triggered senders have it (chain-and-transactions.md §1, §2.0).</summary>
/// <remarks>
/// What it stores survives a crash: jobs, and the hash of each transaction that a node took. It trusts what it is told: no answer to a send means not sent,
/// no receipt of a consumed nonce means that another transaction took it, no receipt for long means dropped; then the job goes again, with a new nonce.
/// </remarks>
internal sealed class EdgeQueue(DevnetChain chain, IJsonRpcTransport node, TimeProvider time)
{
    private const ulong GasLimit = 500_000;

    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DroppedAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RestartTakes = TimeSpan.FromSeconds(2);

    private static readonly Wei MaxFee = Wei.FromGwei(1000);
    private static readonly Wei Tip = Wei.FromGwei(1);

    private readonly Lock _lock = new();
    private readonly LinkedList<EdgeJob> _waiting = [];
    private readonly Dictionary<int, Sent> _sent = [];
    private readonly EthRpc _rpc = new(node);

    public int Sends { get; private set; }

    /// <summary>Jobs whose transaction failed on chain: what they asked for is given up.</summary>
    public int Failed { get; private set; }

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _waiting.Count + _sent.Count == 0;
        }
    }

    public void Enqueue(EdgeJob job)
    {
        lock (_lock)
            _waiting.AddLast(job);
    }

    /// <summary>Works until the token ends it, and begins anew after each crash.</summary>
    public async Task RunAsync(System.Threading.Channels.ChannelReader<bool> crashes, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var process = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var work = WorkAsync(process.Token);
            await Task.WhenAny(work, crashes.ReadAsync(stop).AsTask());
            await process.CancelAsync();
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(RestartTakes, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        var nonce = await PendingNonceAsync(cancellationToken);
        while (true)
        {
            while (First() is { } job)
                nonce = await SendAsync(job, nonce, cancellationToken);
            // What was dropped left a gap, which the next job fills.
            if (await ConfirmAsync(cancellationToken))
                nonce = await PendingNonceAsync(cancellationToken);
            await Task.Delay(Beat, time, cancellationToken);
        }
    }

    /// <returns>The nonce for the next one.</returns>
    private async Task<Nonce> SendAsync(EdgeJob job, Nonce nonce, CancellationToken cancellationToken)
    {
        var transaction = new Eip1559Transaction(
            chain.Deployment.ChainId, nonce, Tip, MaxFee, GasLimit, chain.Contracts.Host, Wei.Zero, job.CallOn(chain.Contracts));
        var signed = await transaction.SignAsync(chain.Accounts.Operator.Signer, cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(SendTimeout);
        Sends++;
        SendOutcome outcome;
        try
        {
            outcome = await _rpc.SendRawTransactionAsync(signed.Raw, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            outcome = new SendOutcome.Unknown("timeout");
        }

        lock (_lock)
        {
            _waiting.Remove(job);
            if (outcome is SendOutcome.Accepted)
            {
                _sent[job.Number] = new Sent(job, signed.Hash, nonce, time.GetTimestamp());
                return nonce.Next;
            }

            // Not sent, as far as anybody said: later, so that it does not hold up the others.
            _waiting.AddLast(job);
        }

        return await PendingNonceAsync(cancellationToken);
    }

    /// <returns>Whether any job goes again.</returns>
    private async Task<bool> ConfirmAsync(CancellationToken cancellationToken)
    {
        var again = false;
        Sent[] all;
        lock (_lock)
            all = [.. _sent.Values];
        if (all.Length == 0)
            return false;
        var consumed = await _rpc.GetTransactionCountAsync(chain.Accounts.Operator.Address, await _rpc.GetBlockNumberAsync(cancellationToken), cancellationToken);
        foreach (var sent in all)
        {
            var receipt = await _rpc.GetReceiptAsync(sent.Hash, cancellationToken);
            var isLost = receipt is null && (sent.Nonce.Value < consumed.Value || time.GetElapsedTime(sent.At) > DroppedAfter);
            if (receipt is null && !isLost)
                continue;
            lock (_lock)
            {
                _sent.Remove(sent.Job.Number);
                Failed += receipt is { Succeeded: false } ? 1 : 0;
                if (isLost)
                    _waiting.AddLast(sent.Job);
            }

            again |= isLost;
        }

        return again;
    }

    private EdgeJob? First()
    {
        lock (_lock)
            return _waiting.First?.Value;
    }

    private async Task<Nonce> PendingNonceAsync(CancellationToken cancellationToken)
    {
        var call = new RpcCall("eth_getTransactionCount", new JsonArray(chain.Accounts.Operator.Address.ToString(), "pending"));
        return new Nonce(RpcRequest.Number((await node.SendAsync(call, cancellationToken)).GetString() ?? "0x0"));
    }

    private sealed record Sent(EdgeJob Job, Hash32 Hash, Nonce Nonce, long At);
}
