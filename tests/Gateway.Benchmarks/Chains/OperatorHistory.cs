using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Benchmarks.Chains;

/// <summary>A transaction as it stands in a block.</summary>
internal sealed record MinedTransaction(Hash32 Hash, BlockNumber Block, ulong GasLimit, ulong GasUsed, bool Succeeded)
{
    /// <summary>What is charged where half of the limit is the least (Helicon, chain-and-transactions.md §0.1).</summary>
    public ulong GasCharged => Math.Max(GasUsed, (GasLimit + 1) / 2);
}

/// <summary>What one key sent, out of the blocks themselves.</summary>
internal sealed class OperatorHistory(IJsonRpcTransport transport, Address sender)
{
    /// <summary>Transactions of the key in the blocks (<paramref name="after"/>, <paramref name="to"/>], in the order of the chain.</summary>
    public async Task<IReadOnlyList<MinedTransaction>> ReadAsync(BlockNumber after, BlockNumber to, CancellationToken cancellationToken)
    {
        var found = new List<MinedTransaction>();
        for (var number = after.Plus(1); number <= to; number = number.Plus(1))
        {
            var block = await transport.SendAsync(new RpcCall("eth_getBlockByNumber", new JsonArray(Hex(number), true)), cancellationToken);
            var limits = block.GetProperty("transactions").EnumerateArray()
                .Where(t => Address.Parse(Text(t, "from")) == sender)
                .ToDictionary(t => Text(t, "hash"), t => Quantity(t, "gas"), StringComparer.Ordinal);
            if (limits.Count == 0)
                continue;
            var receipts = await transport.SendAsync(new RpcCall("eth_getBlockReceipts", new JsonArray(Hex(number))), cancellationToken);
            found.AddRange(receipts.EnumerateArray()
                .Where(r => limits.ContainsKey(Text(r, "transactionHash")))
                .Select(r => new MinedTransaction(
                    Hash32.Parse(Text(r, "transactionHash")), number, limits[Text(r, "transactionHash")], Quantity(r, "gasUsed"), Quantity(r, "status") == 1)));
        }

        return found;
    }

    private static string Hex(BlockNumber number) => $"0x{number.Value:x}";

    private static string Text(JsonElement from, string property) => from.GetProperty(property).GetString() ?? "";

    private static ulong Quantity(JsonElement from, string property) =>
        ulong.Parse(Text(from, property).AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
