using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Server.Resilience;

/// <summary>How many transactions an account has sent, as one endpoint has it at its own head.</summary>
internal sealed record EndpointCount(string Endpoint, BlockNumber At, Nonce Count);

/// <summary>All configured endpoints behind one face: reads from one that has the block, heads from the best one, broadcasts to all.</summary>
internal sealed class RpcPool : IEthRpc
{
    /// <summary>An endpoint that takes longer for a read is not waited for alone. Most answers come within a tenth of it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly PoolHead _head;
    private readonly ChainMetrics _metrics;
    private readonly TimeProvider _time;

    public RpcPool(IReadOnlyList<RpcEndpoint> endpoints, ChainMetrics metrics, TimeProvider time)
    {
        (Endpoints, _metrics, _time) = (endpoints, metrics, time);
        _head = new PoolHead(endpoints, metrics, time);
        metrics.WatchHeads(endpoints);
    }

    /// <summary>In the configured order.</summary>
    public IReadOnlyList<RpcEndpoint> Endpoints { get; }

    /// <summary>How many must tell the same for it to be verified. Two heads are better than one; more than there are cannot answer.</summary>
    public int Witnesses => Math.Min(2, Endpoints.Count(e => !e.IsQuarantined));

    /// <summary>Ours, as soon as one endpoint is on it; another one where every endpoint is on another.</summary>
    public async Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(at: null, e => e.Rpc.GetChainIdAsync(cancellationToken));
        }
        catch (RpcFailedException e) when (e.Failure == RpcFailure.NotAsked && WrongChainOfAll is { } wrong)
        {
            return wrong;
        }
    }

    /// <summary>The highest head of those endpoints that answer. It does not go back because one of them does.</summary>
    public Task<BlockNumber> GetBlockNumberAsync(CancellationToken cancellationToken) => _head.GetNumberAsync(cancellationToken);

    /// <summary>The highest head of those endpoints that answer. It does not go back because one of them does.</summary>
    public Task<BlockHeader> GetLatestBlockAsync(CancellationToken cancellationToken) => _head.GetHeaderAsync(cancellationToken);

    /// <summary>Null where no endpoint that answered has it.</summary>
    public Task<BlockHeader?> GetBlockAsync(BlockNumber number, CancellationToken cancellationToken) =>
        ReadAsync(number, e => e.Rpc.GetBlockAsync(number, cancellationToken), static header => header is not null);

    public Task<IReadOnlyList<ChainLog>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken) =>
        ReadAsync(filter.Last, endpoint => LogsOfAsync(endpoint, filter, cancellationToken));

    /// <summary>Where a log that is missing is worse than waiting: an endpoint that has lost some answers without an error.</summary>
    public async Task<SeenLogs> GetLogsOfAllAsync(LogFilter filter, CancellationToken cancellationToken)
    {
        var attempts = await Task.WhenAll(Endpoints.Select(e => Attempt.OfAsync(e, endpoint => LogsOfAsync(endpoint, filter, cancellationToken))));
        if (attempts.All(a => a.Failure is not null))
            throw attempts.Select(a => a.Failure).Aggregate(ReadRace.MoreTelling)!;
        var seen = SeenLogs.Of(attempts);
        foreach (var (endpoint, logs) in seen.LeftOut)
            _metrics.LogsLeftOut(endpoint, logs);
        return seen;
    }

    /// <summary>Asks every endpoint for one block: those that have another one than most of them are told so. Of two the one that is configured first is believed.</summary>
    public async Task CompareAsync(BlockNumber at, CancellationToken cancellationToken)
    {
        var attempts = await Task.WhenAll(Endpoints.Where(e => !e.IsQuarantined).Select(e => Attempt.OfAsync(e, endpoint => endpoint.Rpc.GetBlockAsync(at, cancellationToken))));
        var blocks = attempts.Where(a => a.Answer is not null).Select(a => (a.Endpoint, a.Answer!.Block.Hash)).ToList();
        if (blocks.Count < 2)
            return; // One that has not got it says nothing.
        var believed = blocks.GroupBy(b => b.Hash).MaxBy(g => g.Count())!.Key; // There are two at least.
        foreach (var (endpoint, hash) in blocks)
        {
            endpoint.Compared(at, agrees: hash == believed);
            if (hash != believed)
                _metrics.Contradicted(endpoint.Name);
        }
    }

    public Task<byte[]> CallAsync(CallRequest call, BlockNumber at, CancellationToken cancellationToken) =>
        ReadAsync(at, e => e.Rpc.CallAsync(call, at, cancellationToken));

    public Task<IReadOnlyList<byte[]>> CallBatchAsync(IReadOnlyList<CallRequest> calls, BlockNumber at, CancellationToken cancellationToken) =>
        ReadAsync(at, e => e.Rpc.CallBatchAsync(calls, at, cancellationToken));

    /// <summary>Where one endpoint's word is not enough.</summary>
    /// <exception cref="ChainException">None can be asked.</exception>
    public async Task<SeenAnswers> CallBatchOfAllAsync(IReadOnlyList<CallRequest> calls, BlockNumber at, CancellationToken cancellationToken)
    {
        var attempts = await Task.WhenAll(Endpoints.Select(e => Attempt.OfAsync(e, endpoint => endpoint.Rpc.CallBatchAsync(calls, at, cancellationToken))));
        var seen = SeenAnswers.Of(attempts);
        return seen.Answers.Count > 0 || seen.IsGoneForSome ? seen : throw attempts.Select(a => a.Failure).Aggregate(ReadRace.MoreTelling)!;
    }

    public Task<ulong> EstimateGasAsync(CallRequest call, BlockNumber at, CancellationToken cancellationToken) =>
        ReadAsync(at, e => e.Rpc.EstimateGasAsync(call, at, cancellationToken));

    public Task<Nonce> GetTransactionCountAsync(Address account, BlockNumber at, CancellationToken cancellationToken) =>
        ReadAsync(at, e => e.Rpc.GetTransactionCountAsync(account, at, cancellationToken));

    /// <summary>As each endpoint that answers has it, at its own head.</summary>
    /// <exception cref="ChainException">None answers.</exception>
    public async Task<IReadOnlyList<EndpointCount>> GetTransactionCountPerEndpointAsync(Address account, CancellationToken cancellationToken)
    {
        var attempts = await Task.WhenAll(Endpoints.Select(e => Attempt.OfAsync(e, async endpoint =>
        {
            var at = await endpoint.Rpc.GetBlockNumberAsync(cancellationToken);
            return new EndpointCount(endpoint.Name, at, await endpoint.Rpc.GetTransactionCountAsync(account, at, cancellationToken));
        })));
        var counts = attempts.Where(a => a.Failure is null).Select(a => a.Answer!).ToList();
        return counts.Count > 0 ? counts : throw attempts.Select(a => a.Failure).Aggregate(ReadRace.MoreTelling)!;
    }

    /// <summary>The highest that any pool knows.</summary>
    public async Task<Nonce> GetPendingCountAsync(Address account, CancellationToken cancellationToken) =>
        (await GetPendingCountPerEndpointAsync(account, cancellationToken))[0];

    /// <summary>As each endpoint that answers has it, the highest first.</summary>
    /// <exception cref="ChainException">None answers.</exception>
    public async Task<IReadOnlyList<Nonce>> GetPendingCountPerEndpointAsync(Address account, CancellationToken cancellationToken)
    {
        var attempts = await Task.WhenAll(Endpoints.Select(e => Attempt.OfAsync(e, endpoint => endpoint.Rpc.GetPendingCountAsync(account, cancellationToken))));
        var counts = attempts.Where(a => a.Failure is null).Select(a => a.Answer).OrderByDescending(c => c.Value).ToList();
        return counts.Count > 0 ? counts : throw attempts.Select(a => a.Failure).Aggregate(ReadRace.MoreTelling)!;
    }

    public Task<IReadOnlyList<MinedTransaction>> GetTransactionsFromAsync(Address sender, BlockNumber block, CancellationToken cancellationToken) =>
        ReadAsync(block, e => e.Rpc.GetTransactionsFromAsync(sender, block, cancellationToken));

    public Task<Wei> GetBalanceAsync(Address account, BlockNumber at, CancellationToken cancellationToken) =>
        ReadAsync(at, e => e.Rpc.GetBalanceAsync(account, at, cancellationToken));

    public Task<byte[]> GetCodeAsync(Address account, BlockNumber at, CancellationToken cancellationToken) =>
        ReadAsync(at, e => e.Rpc.GetCodeAsync(account, at, cancellationToken));

    /// <summary>To every endpoint at once; returns as soon as one has it, while the others still get it.</summary>
    /// <param name="raw">Must not be changed afterwards.</param>
    public async Task<SendOutcome> SendRawTransactionAsync(ReadOnlyMemory<byte> raw, CancellationToken cancellationToken)
    {
        // Not the caller's token: that he goes on must not keep the bytes from the slower endpoints. Their pipelines end it.
        var pending = Endpoints.Select(e => SendAsync(e, raw)).ToList();
        List<(RpcEndpoint Endpoint, SendOutcome Outcome)> outcomes = [];
        while (pending.Count > 0)
        {
            var done = await Task.WhenAny(pending).WaitAsync(cancellationToken);
            pending.Remove(done);
            outcomes.Add(await done);
            if (outcomes[^1].Outcome is SendOutcome.Accepted)
                return outcomes[^1].Outcome;
        }

        return BroadcastMerge.Merge([.. outcomes.Where(o => !o.Endpoint.IsQuarantined).Select(o => (o.Endpoint.Name, o.Outcome))]);
    }

    /// <summary>The first one that any endpoint has: all are asked at once. Null: every endpoint that answered has none, and at least one answered.</summary>
    public Task<TransactionReceipt?> GetReceiptAsync(Hash32 hash, CancellationToken cancellationToken) => ReadRace.RunAsync(
        ReadRoute.Order(Endpoints, at: null), e => e.Rpc.GetReceiptAsync(hash, cancellationToken), static receipt => receipt is not null, TimeSpan.Zero, _time);

    public Task<string> GetClientVersionAsync(CancellationToken cancellationToken) => ReadAsync(at: null, e => e.Rpc.GetClientVersionAsync(cancellationToken));

    private ChainId? WrongChainOfAll => Endpoints.All(e => e.IsQuarantined) ? Endpoints[0].WrongChain : null;

    private Task<T> ReadAsync<T>(BlockNumber? at, Func<RpcEndpoint, Task<T>> read, Func<T, bool>? isFinal = null) =>
        ReadRace.RunAsync(ReadRoute.Order(Endpoints, at), read, isFinal ?? (static _ => true), Patience, _time);

    private static async Task<(RpcEndpoint Endpoint, SendOutcome Outcome)> SendAsync(RpcEndpoint endpoint, ReadOnlyMemory<byte> raw) =>
        (endpoint, await endpoint.Rpc.SendRawTransactionAsync(raw, CancellationToken.None));

    private static async Task<IReadOnlyList<ChainLog>> LogsOfAsync(RpcEndpoint endpoint, LogFilter filter, CancellationToken cancellationToken)
    {
        if (filter.Last is { } last)
            await RequireHeadAsync(endpoint, last, cancellationToken);
        return await endpoint.Rpc.GetLogsAsync(filter, cancellationToken);
    }

    // A node that has not executed the end of the range may answer [] for it, without an error (chain-and-transactions.md §0.1).
    private static async Task RequireHeadAsync(RpcEndpoint endpoint, BlockNumber last, CancellationToken cancellationToken)
    {
        if (endpoint.Head is { } known && known >= last)
            return;
        var head = await endpoint.Rpc.GetBlockNumberAsync(cancellationToken);
        if (head < last)
            throw new RpcFailedException(new RpcOrigin(endpoint.Name, "eth_getLogs"), RpcFailure.Behind, $"it is at block {head}, before {last}");
    }
}
