using System.Text.Json.Nodes;

namespace Gateway.Testing.Proxy;

/// <summary>How much of the chain a node shows: all of it, all but the last blocks, or accepted blocks of which the last are not executed yet (SAE).</summary>
/// <remarks>
/// It is consistent in itself, as a node that is behind is: heights, tags, blocks, receipts, logs and state end at the same block. That makes several
/// proxies over one chain disagree honestly.
/// </remarks>
internal sealed class ChainView(Upstream node, CorethRules rules)
{
    private readonly Lock _lock = new();

    private ulong? _frozen;
    private ulong? _executed;
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>So many blocks behind the chain's head.</summary>
    public ulong Behind { get; set; }

    /// <summary>Logs beyond the head are an error with coreth, and silently none with a local node.</summary>
    public bool IsCoreth { get; init; }

    /// <summary>From now on accepts no block beyond this one; null: follows the chain again.</summary>
    public void Freeze(ulong? at)
    {
        lock (_lock)
            _frozen = at;
    }

    /// <summary>SAE: accepts on, and executes nothing beyond this block; null: executes what it accepts. Calls about state wait for it.</summary>
    public void ExecuteThrough(ulong? block)
    {
        lock (_lock)
        {
            _executed = block;
            _moved.TrySetResult();
            _moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public async Task<Reply> AnswerAsync(RpcRequest request)
    {
        var (accepted, isWhole) = await AcceptedAsync(request);
        var executed = Executed(accepted);
        if (isWhole && executed == accepted && !IsCoreth)
            return await node.AskAsync(request);
        return request.Method switch
        {
            "eth_blockNumber" => new Reply.Result(RpcRequest.Hex(executed)),
            "eth_getBlockByNumber" => await BlockAsync(request.With(0, RpcRequest.Hex(Resolve(request.Text(0), executed))), accepted),
            "eth_getTransactionReceipt" => await ReceiptAsync(request, accepted),
            "eth_getLogs" => await new LogView(node, IsCoreth).AnswerAsync(request, accepted, executed),
            "eth_call" or "eth_estimateGas" or "eth_getTransactionCount" or "eth_getBalance" or "eth_getCode" => await StateAsync(request, 1, accepted, executed),
            "eth_getStorageAt" => await StateAsync(request, 2, accepted, executed),
            _ => await node.AskAsync(request),
        };
    }

    private async Task<(ulong Accepted, bool IsWhole)> AcceptedAsync(RpcRequest request)
    {
        var head = RpcRequest.Number((string)((Reply.Result)await node.AskAsync(request.Asking("eth_blockNumber"))).Value!);
        lock (_lock)
        {
            var shown = Math.Min(_frozen ?? head, head > Behind ? head - Behind : 0);
            return (shown, shown == head);
        }
    }

    private ulong Executed(ulong accepted)
    {
        lock (_lock)
            return Math.Min(_executed ?? accepted, accepted);
    }

    // After acceptance only execution is left to wait for: "pending" is no block of its own (coreth eth/api_backend.go:112; vms/saevm/blocks/access.go:96-103).
    private ulong Resolve(string? block, ulong executed) => block switch
    {
        null or "latest" or "pending" => executed,
        "safe" or "finalized" => IsSettledBehind ? executed - Math.Min(executed, rules.SettledBehind) : executed,
        "earliest" => 0,
        _ => RpcRequest.Number(block),
    };

    private bool IsSettledBehind
    {
        get
        {
            lock (_lock)
                return _executed is not null;
        }
    }

    private async Task<Reply> BlockAsync(RpcRequest request, ulong accepted)
    {
        if (RpcRequest.Number(request.Text(0)!) > accepted) // Resolved to a number.
            return new Reply.Result(null);
        var reply = await node.AskAsync(request);
        // Its bloom is that of the blocks which it settles, never its own (vms/saevm/sae/rpc/indexing.go:41).
        if (IsSettledBehind && reply is Reply.Result { Value: JsonObject block })
            block["logsBloom"] = "0x" + new string('0', 512);
        return reply;
    }

    // The receipt is there as soon as the transaction was executed, whatever "latest" says (vms/saevm/sae/rpc/receipts.go, immediateReceipts).
    private async Task<Reply> ReceiptAsync(RpcRequest request, ulong accepted)
    {
        var reply = await node.AskAsync(request);
        return reply is Reply.Result { Value: JsonObject receipt } && RpcRequest.Number((string)receipt["blockNumber"]!) > accepted ? new Reply.Result(null) : reply;
    }

    private async Task<Reply> StateAsync(RpcRequest request, int position, ulong accepted, ulong executed)
    {
        var at = Resolve(request.Text(position), executed);
        if (at > accepted)
            return IsSettledBehind ? CorethRules.NotAccepted.ToReply(at) : CorethRules.Unfinalized.ToReply();
        await ExecutedAsync(at, request.Gone);
        return await node.AskAsync(request.With(position, RpcRequest.Hex(at)));
    }

    private async Task ExecutedAsync(ulong block, CancellationToken gone)
    {
        while (true)
        {
            Task moved;
            lock (_lock)
            {
                if (!(block > _executed))
                    return;
                moved = _moved.Task;
            }

            await moved.WaitAsync(gone);
        }
    }
}
