using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Polly;
using Polly.CircuitBreaker;

namespace Gateway.Server.Resilience;

/// <summary>One endpoint behind its pipelines: every call of it checked for the chain, timed, counted, and failing as a <see cref="ChainException"/> only.</summary>
internal sealed class GuardedRpc(EthRpc rpc, RpcCallGuard guard, EndpointHead head) : IEthRpc
{
    public Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_chainId", rpc.GetChainIdAsync, cancellationToken);

    public async Task<BlockNumber> GetBlockNumberAsync(CancellationToken cancellationToken)
    {
        var known = head.Height;
        var number = await guard.ReadAsync("eth_blockNumber", rpc.GetBlockNumberAsync, cancellationToken);
        head.Saw(number, known);
        return number;
    }

    public async Task<BlockHeader> GetLatestBlockAsync(CancellationToken cancellationToken)
    {
        var known = head.Height;
        var header = await guard.ReadAsync("eth_getBlockByNumber", rpc.GetLatestBlockAsync, cancellationToken);
        head.Saw(header.Block.Number, known);
        return header;
    }

    public Task<BlockHeader?> GetBlockAsync(BlockNumber number, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_getBlockByNumber", token => rpc.GetBlockAsync(number, token), cancellationToken);

    public Task<IReadOnlyList<ChainLog>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_getLogs", token => rpc.GetLogsAsync(filter, token), cancellationToken);

    public Task<byte[]> CallAsync(CallRequest call, BlockNumber at, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_call", token => rpc.CallAsync(call, at, token), cancellationToken);

    public Task<IReadOnlyList<byte[]>> CallBatchAsync(IReadOnlyList<CallRequest> calls, BlockNumber at, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_call", token => rpc.CallBatchAsync(calls, at, token), cancellationToken);

    public Task<ulong> EstimateGasAsync(CallRequest call, BlockNumber at, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_estimateGas", token => rpc.EstimateGasAsync(call, at, token), cancellationToken);

    public Task<Nonce> GetTransactionCountAsync(Address account, BlockNumber at, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_getTransactionCount", token => rpc.GetTransactionCountAsync(account, at, token), cancellationToken);

    public Task<Nonce> GetPendingCountAsync(Address account, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_getTransactionCount", token => rpc.GetPendingCountAsync(account, token), cancellationToken);

    public Task<IReadOnlyList<MinedTransaction>> GetTransactionsFromAsync(Address sender, BlockNumber block, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_getBlockByNumber", token => rpc.GetTransactionsFromAsync(sender, block, token), cancellationToken);

    public Task<Wei> GetBalanceAsync(Address account, BlockNumber at, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_getBalance", token => rpc.GetBalanceAsync(account, at, token), cancellationToken);

    public Task<byte[]> GetCodeAsync(Address account, BlockNumber at, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_getCode", token => rpc.GetCodeAsync(account, at, token), cancellationToken);

    public Task<SendOutcome> SendRawTransactionAsync(ReadOnlyMemory<byte> raw, CancellationToken cancellationToken) =>
        guard.SendAsync("eth_sendRawTransaction", token => rpc.SendRawTransactionAsync(raw, token), cancellationToken);

    public Task<TransactionReceipt?> GetReceiptAsync(Hash32 hash, CancellationToken cancellationToken) =>
        guard.ReadAsync("eth_getTransactionReceipt", token => rpc.GetReceiptAsync(hash, token), cancellationToken);

    public Task<string> GetClientVersionAsync(CancellationToken cancellationToken) =>
        guard.ReadAsync("web3_clientVersion", rpc.GetClientVersionAsync, cancellationToken);
}

/// <summary>What stands around every call of one endpoint.</summary>
internal sealed class RpcCallGuard(string endpoint, EndpointPipelines pipelines, Func<CancellationToken, Task> ensureChain, ChainMetrics metrics)
{
    public async Task<T> ReadAsync<T>(string method, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        await ensureChain(cancellationToken);
        return await ReadUncheckedAsync(method, call, cancellationToken);
    }

    /// <summary>For the check itself.</summary>
    public async Task<T> ReadUncheckedAsync<T>(string method, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await pipelines.Read.ExecuteAsync(
                static async (state, token) => await state.Guard.WatchAsync(state.Method, state.Call, token),
                (Guard: this, Method: method, Call: call),
                cancellationToken);
        }
        catch (ExecutionRejectedException e)
        {
            throw NoAnswer(method, e);
        }
    }

    /// <summary>A broadcast: tried once, its troubles are an outcome.</summary>
    public async Task<SendOutcome> SendAsync(string method, Func<CancellationToken, Task<SendOutcome>> call, CancellationToken cancellationToken)
    {
        try
        {
            await ensureChain(cancellationToken);
            return await pipelines.Write.ExecuteAsync(
                static async (state, token) => await state.Guard.WatchAsync(state.Method, state.Call, token),
                (Guard: this, Method: method, Call: call),
                cancellationToken);
        }
        catch (ExecutionRejectedException e)
        {
            var failed = NoAnswer(method, e);
            return new SendOutcome.Unknown(failed.Message, failed);
        }
        catch (ChainException e)
        {
            return new SendOutcome.Unknown(e.Message, e);
        }
    }

    private async Task<T> WatchAsync<T>(string method, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var watch = new RpcCallWatch(endpoint, method, metrics);
        try
        {
            var answer = await call(cancellationToken);
            watch.Answered(answer);
            return answer;
        }
        catch (Exception e)
        {
            watch.Failed(e);
            throw;
        }
    }

    private RpcFailedException NoAnswer(string method, ExecutionRejectedException e) => e is BrokenCircuitException
        ? new RpcFailedException(new RpcOrigin(endpoint, method), RpcFailure.NotAsked, "it is left alone after failures", inner: e)
        : new RpcFailedException(new RpcOrigin(endpoint, method), RpcFailure.Timeout, "no answer in time", inner: e);
}
