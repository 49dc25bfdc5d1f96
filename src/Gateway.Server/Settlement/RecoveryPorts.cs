using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>A transaction of the operator in an executed block, whoever signed it.</summary>
internal sealed record PastTransaction(Hash32 Hash, Nonce Nonce, FeeOffer Fee);

/// <summary>What the chain remembers of the operator where the store does not.</summary>
/// <remarks>All methods throw <c>ChainException</c> where no endpoint has a usable answer.</remarks>
internal interface ILanePast
{
    /// <summary>The next nonce with what the pools hold, by the one that holds most. A hint: planned is from the consumed count, never from here.</summary>
    Task<Nonce> PendingAsync(CancellationToken cancellationToken);

    /// <summary>What the operator sent in these blocks, by nonce.</summary>
    Task<IReadOnlyList<PastTransaction>> OwnTransactionsAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken);
}

/// <param name="Mark">Null: the store holds nothing of the lane.</param>
/// <param name="HasNewestConsumed">Whether the nonce that was asked about has, or had, a slot.</param>
/// <param name="IsJournalRead">Whether everything that the journal on chain tells is stored.</param>
/// <param name="JournalFrom">From where it must be read, where it is not; null: from its beginning.</param>
internal sealed record StoredHighWater(LaneMark? Mark, bool HasNewestConsumed, bool IsJournalRead, BlockNumber? JournalFrom);

/// <summary>What tells that the store went back in time.</summary>
/// <remarks>All methods throw <c>StoreUnavailableException</c> where Redis has no answer; repeating them is safe.</remarks>
internal interface ILaneHighWater
{
    /// <param name="newestConsumed">The newest nonce that the chain has consumed; null where there is none.</param>
    Task<StoredHighWater> ReadHighWaterAsync(Nonce? newestConsumed, CancellationToken cancellationToken);

    /// <summary>Which run of which server holds the lane; null where it does not say.</summary>
    Task<string?> ServerAsync(CancellationToken cancellationToken);

    /// <param name="journalFrom">The journal on chain must be read again from here; null: it need not.</param>
    /// <returns>The stamp that stands there now; null where the token is deposed.</returns>
    Task<ulong?> RaiseHighWaterAsync(
        string token, Nonce consumed, BlockNumber block, string? server, BlockNumber? journalFrom, CancellationToken cancellationToken);

    /// <summary>Everything that the journal on chain tells up to a block is stored.</summary>
    Task JournalReadAsync(BlockNumber through, CancellationToken cancellationToken);

    /// <summary>What is known of the day's cost becomes at least this.</summary>
    Task ReseedBudgetAsync(DateTimeOffset at, long navax, CancellationToken cancellationToken);
}
