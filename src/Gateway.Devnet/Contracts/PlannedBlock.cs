using System.Text.Json.Nodes;
using Gateway.Chain.Rlp;
using Gateway.Chain.Signing;
using Gateway.Chain.Transactions;
using Gateway.Chain.Transport;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.Anvil;
using Gateway.Devnet.Parts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Devnet.Contracts;

/// <summary>Transactions that are to stand in one block, of one account in the order in which they were added.</summary>
/// <remarks>
/// The address of a contract follows from its creator and his nonce, so nothing waits for anything: the whole framework is deployed in a few blocks.
/// The chain must not mine by itself meanwhile.
/// </remarks>
internal sealed class PlannedBlock(AnvilProcess anvil, ChainId chainId)
{
    /// <summary>More than any single step of a deployment takes: nothing of this block exists yet that an estimate could be made on.</summary>
    private const ulong GasLimit = 30_000_000;

    /// <summary>Anvil takes 2 MB a request, and linked code is up to 100 kB in hex.</summary>
    private const int MaxCallsPerRequest = 12;

    private static readonly Wei MaxFee = Wei.FromGwei(1000);
    private static readonly Wei Tip = Wei.FromGwei(1);

    private readonly Dictionary<Address, Nonce> _nonces = [];
    private readonly List<(byte[] Raw, string What)> _transactions = [];

    /// <returns>Where the contract will stand.</returns>
    public async Task<Address> CreateAsync(DevAccount from, byte[] code, string what, CancellationToken cancellationToken)
    {
        var nonce = await AddAsync(from, to: null, code, what, cancellationToken);
        var seed = RlpCodec.Encode(RlpItem.ListOf(RlpItem.Of(from.Address.ToBytes()), RlpItem.Of(nonce.Value)));
        return Address.FromBytes(Keccak.Hash(seed).AsSpan(12));
    }

    public Task CallAsync(DevAccount from, Address to, byte[] data, string what, CancellationToken cancellationToken) =>
        AddAsync(from, to, data, what, cancellationToken);

    /// <summary>A transaction that somebody signed long ago.</summary>
    public void AddSigned(byte[] raw, string what) => _transactions.Add((raw, what));

    /// <summary>Sends all, mines them, and looks what became of each.</summary>
    /// <exception cref="DevnetException">One failed, or was left out.</exception>
    public async Task MineAsync(CancellationToken cancellationToken)
    {
        var hashes = await AskAsync("eth_sendRawTransaction", _transactions.Select(t => $"0x{Convert.ToHexStringLower(t.Raw)}"), cancellationToken);
        await anvil.Control.MineAsync(cancellationToken);
        var receipts = await AskAsync("eth_getTransactionReceipt", hashes.Select(h => h?.GetValue<string>() ?? ""), cancellationToken);
        for (var i = 0; i < receipts.Count; i++)
        {
            if (receipts[i]?["status"]?.GetValue<string>() is not "0x1")
                throw new DevnetException($"The local chain did not take this step of the deployment: {_transactions[i].What}.");
        }
    }

    private async Task<Nonce> AddAsync(DevAccount from, Address? to, byte[] data, string what, CancellationToken cancellationToken)
    {
        var nonce = _nonces.TryGetValue(from.Address, out var next) ? next : await anvil.Control.GetPendingNonceAsync(from.Address, cancellationToken);
        _nonces[from.Address] = nonce.Next;
        var transaction = new Eip1559Transaction(chainId, nonce, Tip, MaxFee, GasLimit, to, Wei.Zero, data);
        _transactions.Add(((await transaction.SignAsync(from.Signer, cancellationToken)).Raw, what));
        return nonce;
    }

    private async Task<List<JsonNode?>> AskAsync(string method, IEnumerable<string> parameters, CancellationToken cancellationToken)
    {
        var answers = new List<JsonNode?>();
        foreach (var chunk in parameters.Chunk(MaxCallsPerRequest))
        {
            var calls = chunk.Select(p => new RpcCall(method, new JsonArray(p))).ToList();
            answers.AddRange((await anvil.Transport.SendBatchAsync(calls, cancellationToken)).Select(a => JsonNode.Parse(a.Unwrap().GetRawText())));
        }

        return answers;
    }
}
