using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transactions;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Testing.Chains;

namespace Gateway.EndToEnd.Tests.Contracts.Differential;

/// <summary>Runs one sequence after the other from the same start: each transaction in a block of its own at a second of our choice.</summary>
/// <remarks>Nonces are counted here and nothing is estimated: a step costs one round trip for the transaction and one for all that is compared.</remarks>
internal sealed class DifferentialChain(ChainFixture chain, Cast cast)
{
    private const ulong GasLimit = 3_000_000;

    private static readonly Wei Tip = Wei.FromGwei(1);
    private static readonly Wei MaxFee = Wei.FromGwei(1_000);

    private readonly Dictionary<Address, Nonce> _nonces = [];

    private string _start = "";

    /// <summary>Remembers the chain as it is now: every sequence starts there. Blocks come only when asked for from now on.</summary>
    public async Task MarkAsync(CancellationToken cancellationToken)
    {
        await chain.Control.StopMiningAsync(cancellationToken);
        foreach (var account in cast.All)
            _nonces[account.Address] = await chain.Control.GetPendingNonceAsync(account.Address, cancellationToken);
        _start = await chain.Control.SnapshotAsync(cancellationToken);
    }

    /// <summary>Undoes a sequence.</summary>
    public async Task ReturnAsync(CancellationToken cancellationToken)
    {
        await chain.Control.RevertAsync(_start, cancellationToken);
        await MarkAsync(cancellationToken);
    }

    public async Task<BlockHeader> HeadAsync(CancellationToken cancellationToken) => await chain.Rpc.GetLatestBlockAsync(cancellationToken);

    /// <returns>Whether the chain took it, and in which block.</returns>
    public async Task<(bool Succeeded, BlockNumber Block)> SendAsync(Step step, BlockTime at, CancellationToken cancellationToken)
    {
        var nonce = _nonces[step.From.Address];
        _nonces[step.From.Address] = nonce.Next;
        var transaction = new Eip1559Transaction(chain.Chain.Deployment.ChainId, nonce, Tip, MaxFee, GasLimit, step.To, Wei.Zero, step.Data);
        var signed = await transaction.SignAsync(step.From.Signer, cancellationToken);
        if (await chain.Rpc.SendRawTransactionAsync(signed.Raw, cancellationToken) is not SendOutcome.Accepted)
            throw new InvalidOperationException($"The chain does not take '{step.What}' at all.");
        await chain.Control.MineAtAsync(at, cancellationToken);
        // The typed receipt would ask for its block too.
        var answer = await chain.Chain.Anvil.Transport.SendAsync(new RpcCall("eth_getTransactionReceipt", new JsonArray(signed.Hash.ToString())), cancellationToken);
        var block = Convert.ToUInt64(answer.GetProperty("blockNumber").GetString(), 16);
        return (answer.GetProperty("status").GetString() is "0x1", new BlockNumber(block));
    }

    /// <summary>Asks several questions at one block, in one round trip.</summary>
    public async Task<ImmutableArray<object>> AskAsync(IReadOnlyList<Question> questions, BlockNumber at, CancellationToken cancellationToken)
    {
        var answers = await chain.Rpc.CallBatchAsync([.. questions.Select(q => q.Request)], at, cancellationToken);
        return [.. questions.Zip(answers, (q, a) => q.Read(a))];
    }
}

/// <summary>What is asked of the chain, and what the model says the answer is.</summary>
internal sealed record Question(string What, CallRequest Request, Func<byte[], object> Read, object Foretold)
{
    public static Question Of<T>(string what, ChainView<T> view, T foretold)
        where T : notnull => new(what, view.Request, answer => view.Read(answer), foretold);
}
