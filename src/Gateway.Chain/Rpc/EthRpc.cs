using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Rpc;

/// <summary>The typed methods over one endpoint.</summary>
public sealed class EthRpc(IJsonRpcTransport transport) : IEthRpc
{
    public string Endpoint => transport.Endpoint;

    public async Task<ChainId> GetChainIdAsync(CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_chainId", [], cancellationToken);
        return new ChainId(read.Small(answer));
    }

    public async Task<BlockNumber> GetBlockNumberAsync(CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_blockNumber", [], cancellationToken);
        return read.Height(answer);
    }

    public async Task<BlockHeader> GetLatestBlockAsync(CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_getBlockByNumber", ["latest", false], cancellationToken);
        return read.Header(answer);
    }

    public async Task<BlockHeader?> GetBlockAsync(BlockNumber number, CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_getBlockByNumber", [At(number), false], cancellationToken);
        if (answer.ValueKind == JsonValueKind.Null)
            return null;
        var header = read.Header(answer);
        return header.Block.Number == number
            ? header
            : throw new RpcFailedException(new RpcOrigin(Endpoint, "eth_getBlockByNumber"), RpcFailure.Contradictory, $"asked for block {number}, got {header.Block.Number}");
    }

    public async Task<IReadOnlyList<ChainLog>> GetLogsAsync(LogFilter filter, CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_getLogs", [LogFilterJson.Of(filter)], cancellationToken);
        // null is not "none": it was once taken for that, and the cursor ran past what it had not seen (Nethereum).
        var logs = read.Items(answer).Select(read.Log).OrderBy(l => l.Block).ThenBy(l => l.Index).ToList();
        if (logs.Exists(l => filter.BlockHash is { } hash ? l.BlockHash != hash || l.Block != (filter.Last ?? l.Block) : l.Block < filter.From || l.Block > filter.To))
            throw new RpcFailedException(new RpcOrigin(Endpoint, "eth_getLogs"), RpcFailure.Contradictory, "a log of another block than asked for");
        return logs;
    }

    public async Task<byte[]> CallAsync(CallRequest call, BlockNumber at, CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_call", Simulation(call, at), cancellationToken);
        return read.Bytes(answer);
    }

    public async Task<IReadOnlyList<byte[]>> CallBatchAsync(IReadOnlyList<CallRequest> calls, BlockNumber at, CancellationToken cancellationToken)
    {
        var answers = await transport.SendBatchAsync([.. calls.Select(c => new RpcCall("eth_call", Simulation(c, at)))], cancellationToken);
        var read = new JsonQuantities(new RpcOrigin(Endpoint, "eth_call"));
        return [.. answers.Select(a => read.Bytes(a.Unwrap()))];
    }

    public async Task<ulong> EstimateGasAsync(CallRequest call, BlockNumber at, CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_estimateGas", Simulation(call, at), cancellationToken);
        return read.Small(answer);
    }

    public async Task<Nonce> GetTransactionCountAsync(Address account, BlockNumber at, CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_getTransactionCount", [account.ToString(), At(at)], cancellationToken);
        return new Nonce(read.Small(answer));
    }

    public async Task<Nonce> GetPendingCountAsync(Address account, CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_getTransactionCount", [account.ToString(), "pending"], cancellationToken);
        return new Nonce(read.Small(answer));
    }

    public async Task<IReadOnlyList<MinedTransaction>> GetTransactionsFromAsync(Address sender, BlockNumber block, CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_getBlockByNumber", [At(block), true], cancellationToken);
        return answer.ValueKind == JsonValueKind.Null
            ? []
            : [.. read.Items(read.Member(answer, "transactions")).Where(t => read.Account(read.Member(t, "from")) == sender).Select(read.Transaction)];
    }

    public async Task<Wei> GetBalanceAsync(Address account, BlockNumber at, CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_getBalance", [account.ToString(), At(at)], cancellationToken);
        return read.Wei(answer);
    }

    public async Task<byte[]> GetCodeAsync(Address account, BlockNumber at, CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("eth_getCode", [account.ToString(), At(at)], cancellationToken);
        return read.Bytes(answer);
    }

    public async Task<SendOutcome> SendRawTransactionAsync(ReadOnlyMemory<byte> raw, CancellationToken cancellationToken)
    {
        try
        {
            var (answer, read) = await AskAsync("eth_sendRawTransaction", [JsonQuantities.Hex(raw.Span)], cancellationToken);
            _ = read.Hash(answer); // Anything but a hash is no word on what became of it.
            return new SendOutcome.Accepted();
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.AlreadyKnown)
        {
            return new SendOutcome.Accepted();
        }
        catch (RpcRefusedException e) when (!e.IsRetryable)
        {
            return new SendOutcome.Refused(e.Error, e.Message);
        }
        catch (ChainException e)
        {
            return new SendOutcome.Unknown(e.Message, e);
        }
    }

    public async Task<TransactionReceipt?> GetReceiptAsync(Hash32 hash, CancellationToken cancellationToken)
    {
        var (receipt, read) = await AskAsync("eth_getTransactionReceipt", [hash.ToString()], cancellationToken);
        if (receipt.ValueKind == JsonValueKind.Null)
            return null;
        // A receipt has no time; its block has.
        var number = read.Height(read.Member(receipt, "blockNumber"));
        var block = await GetBlockAsync(number, cancellationToken);
        if (block is null || block.Block.Hash != read.Hash(read.Member(receipt, "blockHash")) || read.Hash(read.Member(receipt, "transactionHash")) != hash)
            throw new RpcFailedException(new RpcOrigin(Endpoint, "eth_getTransactionReceipt"), RpcFailure.Contradictory, "the receipt and its block disagree");
        return new TransactionReceipt(
            hash,
            block.Block,
            read.Small(read.Member(receipt, "status")) == 1,
            read.Small(read.Member(receipt, "gasUsed")),
            read.Wei(read.Member(receipt, "effectiveGasPrice")),
            read.Account(read.Member(receipt, "from")),
            [.. read.Items(read.Member(receipt, "logs")).Select(read.Log)]);
    }

    public async Task<string> GetClientVersionAsync(CancellationToken cancellationToken)
    {
        var (answer, read) = await AskAsync("web3_clientVersion", [], cancellationToken);
        return read.Text(answer);
    }

    private async Task<(JsonElement Answer, JsonQuantities Read)> AskAsync(string method, JsonArray parameters, CancellationToken cancellationToken)
    {
        var answer = await transport.SendAsync(new RpcCall(method, parameters), cancellationToken);
        return (answer, new JsonQuantities(new RpcOrigin(Endpoint, method)));
    }

    private static string At(BlockNumber number) => JsonQuantities.Hex(number.Value);

    private static JsonArray Simulation(CallRequest call, BlockNumber at) => call.CodeInstead is { } code
        ? [CallJson(call), At(at), new JsonObject { [call.To.ToString()] = new JsonObject { ["code"] = JsonQuantities.Hex(code) } }]
        : [CallJson(call), At(at)];

    private static JsonObject CallJson(CallRequest call)
    {
        var json = new JsonObject { ["to"] = call.To.ToString(), ["data"] = JsonQuantities.Hex(call.Data) };
        if (call.From is { } from)
            json["from"] = from.ToString();
        if (call.Gas is { } gas)
            json["gas"] = JsonQuantities.Hex(gas);
        if (call.Value > Wei.Zero)
            json["value"] = JsonQuantities.Hex(call.Value.Value);
        return json;
    }
}
