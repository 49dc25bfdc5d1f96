namespace Gateway.Testing.Proxy;

/// <summary>A local node that behaves like one of Avalanche's C-chain, as far as a client can tell.</summary>
internal sealed class CorethNode(CorethPool pool, ChainView view, CorethRules rules)
{
    public async Task<Reply> AnswerAsync(RpcRequest request)
    {
        if (!rules.HasPoolMethods && request.Method.StartsWith("txpool_", StringComparison.Ordinal))
            return CorethRules.MethodNotFound.ToReply(request.Method) with { Code = CorethRules.MethodNotFoundCode };
        if (request.Method == "eth_sendRawTransaction")
            return await pool.SendAsync(request);
        // Whoever looks must see what a node would have done meanwhile by itself.
        await pool.ReleaseAsync(request);
        return request.Method == "eth_getTransactionCount" && request.Text(1) == "pending"
            ? await pool.PendingNonceAsync(request)
            : await view.AnswerAsync(request);
    }
}
