using System.Text.Json.Nodes;
using Gateway.Domain.Identity;

namespace Gateway.Testing.Proxy;

/// <summary>A pool with coreth's rules in front of a local node, whose own rules are laxer here and stricter there (chain-and-transactions.md §0.3).</summary>
/// <remarks>
/// What a block may take goes to the local node at once; what it would refuse, for a fee below the base fee or for a gap before its nonce, waits here and
/// goes there as soon as it can.
/// </remarks>
internal sealed class CorethPool(Upstream node, CorethRules rules, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<Address, SortedDictionary<ulong, PooledTransaction>> _senders = [];

    /// <summary>The raw bytes that came in, in their order, those that were refused too.</summary>
    public List<PooledTransaction> Received { get; } = [];

    public int Count => _senders.Values.Sum(s => s.Count);

    /// <summary>The node starts anew: its pool is gone (no journal), what it gossiped is elsewhere.</summary>
    public Task ForgetAsync() => AloneAsync(() =>
    {
        _senders.Clear();
        return Task.FromResult(true);
    });

    public Task<Reply> SendAsync(RpcRequest request) => AloneAsync(async () =>
    {
        if (request.Text(0) is not { } raw || PooledTransaction.Read(raw, time.GetUtcNow()) is not { } transaction)
            return Translate(await node.AskAsync(request));
        Received.Add(transaction);
        var consumed = await ConsumedAsync(transaction.Sender, request);
        var own = Pruned(transaction.Sender, consumed);
        if (transaction.Nonce.Value < consumed)
            return CorethRules.NonceTooLow.ToReply(consumed, transaction.Nonce.Value);
        var old = own.GetValueOrDefault(transaction.Nonce.Value);
        if (old?.Hash == transaction.Hash)
            return await KnownAsync(old, consumed, own, request);
        if (old is not null && !transaction.Outbids(old, rules.PriceBump))
            return CorethRules.ReplacementUnderpriced.ToReply();

        own[transaction.Nonce.Value] = transaction;
        var reply = transaction.Nonce.Value < Next(own, consumed) ? await PassOnAsync(transaction, request) : Accepted(transaction);
        if (reply is Reply.Error)
            Restore(own, transaction, old);
        await PromoteAsync(own, consumed, request);
        DropBeyondQueue(own, consumed);
        return reply;
    });

    /// <summary>Lets go what can go now: the base fee may have fallen, a gap may be filled.</summary>
    public Task ReleaseAsync(RpcRequest request) => AloneAsync(async () =>
    {
        foreach (var sender in _senders.Where(s => s.Value.Values.Any(t => !t.IsOnItsWay)).Select(s => s.Key).ToList())
        {
            var consumed = await ConsumedAsync(sender, request);
            await PromoteAsync(Pruned(sender, consumed), consumed, request);
        }

        return true;
    });

    /// <summary>What this node knows of, as coreth counts "pending": consumed nonces, and those in its own pool that follow them.</summary>
    public Task<Reply> PendingNonceAsync(RpcRequest request) => AloneAsync(async () =>
    {
        var sender = Address.Parse(request.Text(0)!); // Who asks for a count names an account.
        var consumed = await ConsumedAsync(sender, request);
        return (Reply)new Reply.Result(RpcRequest.Hex(Next(Pruned(sender, consumed), consumed)));
    });

    public void Dispose() => _turn.Dispose();

    /// <summary>The nonce after those that follow the consumed ones without a gap.</summary>
    private static ulong Next(SortedDictionary<ulong, PooledTransaction> own, ulong consumed)
    {
        var next = consumed;
        while (own.ContainsKey(next))
            next++;
        return next;
    }

    private static Reply.Result Accepted(PooledTransaction transaction) => new(JsonValue.Create(transaction.Hash.ToString()));

    private static void Restore(SortedDictionary<ulong, PooledTransaction> own, PooledTransaction refused, PooledTransaction? old)
    {
        if (old is null)
            own.Remove(refused.Nonce.Value);
        else
            own[refused.Nonce.Value] = old;
    }

    private static Reply Translate(Reply reply)
    {
        if (reply is not Reply.Error error)
            return reply;
        var text = CorethRules.Translations.Where(t => error.Message.Contains(t.Local, StringComparison.OrdinalIgnoreCase)).Select(t => t.Text).FirstOrDefault();
        return text is null ? error with { Code = CorethRules.DefaultCode } : text.ToReply();
    }

    /// <summary>A node tells the others again of what it has (regossip): they may have lost it, and its block may have been set back.</summary>
    private async Task<Reply> KnownAsync(
        PooledTransaction transaction, ulong consumed, SortedDictionary<ulong, PooledTransaction> own, RpcRequest request)
    {
        if (transaction.Nonce.Value < Next(own, consumed))
            await PassOnAsync(transaction, request);
        return CorethRules.AlreadyKnown.ToReply();
    }

    private async Task PromoteAsync(SortedDictionary<ulong, PooledTransaction> own, ulong consumed, RpcRequest request)
    {
        for (var nonce = consumed; own.TryGetValue(nonce, out var transaction); nonce++)
        {
            if (!transaction.IsOnItsWay)
                await PassOnAsync(transaction, request);
            if (!transaction.IsOnItsWay)
                return; // The local node takes no gap.
        }
    }

    private async Task<Reply> PassOnAsync(PooledTransaction transaction, RpcRequest request)
    {
        // Nobody's giving up may leave it half sent.
        var reply = await node.AskAsync(request.Asking("eth_sendRawTransaction", transaction.Raw) with { Gone = CancellationToken.None });
        if (reply is Reply.Error held && rules.HoldsBelowBaseFee && held.Message.Contains("less than block base fee", StringComparison.OrdinalIgnoreCase))
            return Accepted(transaction);
        var answer = Translate(reply);
        // Another node has told it to the chain.
        transaction.IsOnItsWay = answer is Reply.Result || answer is Reply.Error { Message: var words } && words == CorethRules.AlreadyKnown.Format;
        return transaction.IsOnItsWay ? Accepted(transaction) : answer;
    }

    private void DropBeyondQueue(SortedDictionary<ulong, PooledTransaction> own, ulong consumed)
    {
        var next = Next(own, consumed);
        foreach (var nonce in own.Keys.Where(n => n > next).Skip(rules.AccountQueue).ToList())
            own.Remove(nonce);
    }

    private SortedDictionary<ulong, PooledTransaction> Pruned(Address sender, ulong consumed)
    {
        if (!_senders.TryGetValue(sender, out var own))
            _senders[sender] = own = [];
        var next = Next(own, consumed);
        var old = time.GetUtcNow() - rules.Lifetime;
        foreach (var nonce in own.Where(t => t.Key < consumed || (t.Key > next && t.Value.At <= old)).Select(t => t.Key).ToList())
            own.Remove(nonce);
        return own;
    }

    private async Task<ulong> ConsumedAsync(Address sender, RpcRequest request)
    {
        var reply = await node.AskAsync(request.Asking("eth_getTransactionCount", sender.ToString(), "latest") with { Gone = CancellationToken.None });
        return RpcRequest.Number((string)((Reply.Result)reply).Value!);
    }

    private async Task<T> AloneAsync<T>(Func<Task<T>> act)
    {
        await _turn.WaitAsync();
        try
        {
            return await act();
        }
        finally
        {
            _turn.Release();
        }
    }
}
