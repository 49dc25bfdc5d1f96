using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>A transaction of the operator in an executed block, whoever signed it.</summary>
internal sealed record PastTransaction(Hash32 Hash, Nonce Nonce, FeeOffer Fee);

/// <summary>The next nonce with what pools hold: any of them may tell any number.</summary>
/// <param name="Highest">By the one that holds most.</param>
/// <param name="Agreed">At least two hold as much, or the only one that there is; null: one alone has answered.</param>
internal sealed record PendingCount(Nonce Highest, Nonce? Agreed);

/// <summary>What the chain remembers of the operator where the store does not.</summary>
/// <remarks>All methods throw <c>ChainException</c> where no endpoint has a usable answer.</remarks>
internal interface ILanePast
{
    /// <summary>The next nonce with what the pools hold. A hint: planned is from the consumed count, never from here.</summary>
    Task<PendingCount> PendingAsync(CancellationToken cancellationToken);

    /// <summary>When an executed block was made.</summary>
    Task<BlockTime> TimeOfAsync(BlockNumber block, CancellationToken cancellationToken);

    /// <summary>What the operator sent in these blocks, by nonce.</summary>
    Task<IReadOnlyList<PastTransaction>> OwnTransactionsAsync(BlockNumber from, BlockNumber to, CancellationToken cancellationToken);
}

/// <param name="Mark">Null: the store holds nothing of the lane.</param>
/// <param name="HasNewestConsumed">Whether the nonce that was asked about has, or had, a slot.</param>
/// <param name="IsJournalRead">Whether everything that the journal on chain tells is stored.</param>
/// <param name="JournalFrom">From where it must be read, where it is not; null: from its beginning.</param>
/// <param name="QuietUntil">Of the newest loss, which it names; null: nothing was ever lost.</param>
internal sealed record StoredHighWater(LaneMark? Mark, bool HasNewestConsumed, bool IsJournalRead, BlockNumber? JournalFrom, DateTimeOffset? QuietUntil);

/// <summary>A loss that was found just now.</summary>
/// <param name="JournalFrom">The journal on chain must be read again from here.</param>
/// <param name="QuietUntil">Until then bytes that nobody here knows any more may still be executed.</param>
internal sealed record LaneLoss(BlockNumber JournalFrom, DateTimeOffset QuietUntil);

/// <summary>What the store knows once the mark was raised.</summary>
/// <param name="QuietUntil">Of the newest loss, whoever found it; null: nothing was ever lost.</param>
/// <param name="IsSearched">Whether the chain was searched for what was sent before that loss.</param>
/// <param name="Assumed">What a day may have cost beyond what its budget says; null: nothing is assumed.</param>
internal sealed record RaisedHighWater(ulong Stamp, DateTimeOffset? QuietUntil, bool IsSearched, bool IsJournalRead, AssumedCosts? Assumed = null);

/// <param name="Day">As the budget names it.</param>
internal sealed record AssumedCosts(string Day, long Navax);

/// <summary>What tells that the store went back in time.</summary>
/// <remarks>All methods throw <c>StoreUnavailableException</c> where Redis has no answer; repeating them is safe.</remarks>
internal interface ILaneHighWater
{
    /// <param name="newestConsumed">The newest nonce that the chain has consumed; null where there is none.</param>
    Task<StoredHighWater> ReadHighWaterAsync(Nonce? newestConsumed, CancellationToken cancellationToken);

    /// <summary>Which run of which server holds the lane; null where it does not say.</summary>
    Task<string?> ServerAsync(CancellationToken cancellationToken);

    /// <param name="loss">What was found to be lost just now; null: nothing.</param>
    /// <returns>What stands there now; null where the token is deposed.</returns>
    Task<RaisedHighWater?> RaiseHighWaterAsync(
        string token, Nonce consumed, BlockNumber block, string? server, LaneLoss? loss, CancellationToken cancellationToken);

    /// <summary>Everything that the journal on chain tells up to a block is stored.</summary>
    /// <param name="loss">The end of the quiet time of the loss that was known when the reading began; null: none was.</param>
    /// <returns>False: more was lost meanwhile, and it must be read again.</returns>
    Task<bool> JournalReadAsync(BlockNumber through, DateTimeOffset? loss, CancellationToken cancellationToken);

    /// <summary>What the operator sent before a loss is known again, as far as the chain has it.</summary>
    Task SearchedAsync(DateTimeOffset loss, CancellationToken cancellationToken);

    /// <summary>What is known of the day's cost becomes at least this.</summary>
    /// <param name="loss">The end of the quiet time of the loss that made it unknown.</param>
    /// <param name="assumedNavax">What it may have been beyond that; 0: nothing.</param>
    /// <returns>False where the token is deposed, or there was another loss since.</returns>
    Task<bool> ReseedBudgetAsync(
        string token, DateTimeOffset loss, DateTimeOffset at, long navax, long assumedNavax, CancellationToken cancellationToken);
}
