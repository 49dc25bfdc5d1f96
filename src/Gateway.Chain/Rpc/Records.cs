using System.Collections.Immutable;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Rpc;

/// <param name="BaseFee">After Helicon an upper bound; the true price stands in receipts.</param>
public sealed record BlockHeader(BlockRef Block, Hash32 ParentHash, Wei BaseFee, ulong GasLimit);

/// <summary>One log of an executed block. <paramref name="Index"/> counts through the block.</summary>
public sealed record ChainLog(
    Address Address, ImmutableArray<Hash32> Topics, ImmutableArray<byte> Data, BlockNumber Block, Hash32 BlockHash, Hash32 TransactionHash, uint Index);

/// <summary>Which logs: of one block by its hash, or of a range of heights.</summary>
/// <param name="Topics">By position; an empty position matches anything.</param>
public sealed record LogFilter(
    Hash32? BlockHash, BlockNumber? From, BlockNumber? To, ImmutableArray<Address> Addresses, ImmutableArray<ImmutableArray<Hash32>> Topics)
{
    /// <summary>The last block that it is about; null where that is not known. Whoever is asked must have it.</summary>
    public BlockNumber? Last { get; private init; } = To;

    /// <summary>An address as an indexed argument of a log has it.</summary>
    public static Hash32 TopicOf(Address address) => Hash32.FromBytes([.. new byte[Hash32.Size - Address.Size], .. address.ToBytes()]);

    public static LogFilter OfBlock(BlockRef block, ImmutableArray<Address> addresses, params ImmutableArray<Hash32>[] topics) =>
        new(block.Hash, From: null, To: null, addresses, [.. topics]) { Last = block.Number };

    /// <summary>The end must not lie beyond the head of the node that is asked: a node may answer [] for what it has not executed yet.</summary>
    public static LogFilter OfRange(BlockNumber from, BlockNumber to, ImmutableArray<Address> addresses, params ImmutableArray<Hash32>[] topics) =>
        new(BlockHash: null, from, to, addresses, [.. topics]);
}

/// <summary>A transaction in an executed block.</summary>
/// <param name="EffectiveGasPrice">What was really paid per unit of gas.</param>
public sealed record TransactionReceipt(
    Hash32 Hash, BlockRef Block, bool Succeeded, ulong GasUsed, Wei EffectiveGasPrice, Address From, ImmutableArray<ChainLog> Logs);

/// <summary>A transaction as its block has it; whether it succeeded, and what it cost, its receipt says.</summary>
/// <param name="MaxFeePerGas">What it offered; the gas price where it is of an older kind.</param>
public sealed record MinedTransaction(Hash32 Hash, Nonce Nonce, Wei MaxFeePerGas, Wei MaxPriorityFeePerGas);

/// <summary>A call to simulate.</summary>
/// <param name="CodeInstead">
/// The code that the call finds at <paramref name="To"/> whatever is there (geth's state overrides). A node that offers none refuses the call.
/// </param>
public sealed record CallRequest(Address To, byte[] Data, Address? From = null, ulong? Gas = null, Wei Value = default, byte[]? CodeInstead = null);

/// <summary>What became of a broadcast. Trouble on the way is an outcome, not an exception: it proves nothing either way.</summary>
public abstract record SendOutcome
{
    private SendOutcome()
    {
    }

    /// <summary>In this node's pool, now or already.</summary>
    public sealed record Accepted : SendOutcome;

    /// <summary>This node does not want it; others may have it.</summary>
    public sealed record Refused(NodeError Error, string Message) : SendOutcome;

    /// <summary>May have been sent.</summary>
    /// <param name="Cause">What went wrong; null where nothing did but the answer says nothing.</param>
    public sealed record Unknown(string Why, ChainException? Cause = null) : SendOutcome;
}
