using Gateway.Domain.Identity;

namespace Gateway.Server.Storage;

/// <summary>Redis did not answer, or not in time. Whether a change was stored is unknown; repeating it is safe.</summary>
internal sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Another account took this lease id over while the request that wanted it was under way.</summary>
internal sealed class LeaseIdTakenException(LeaseId lease) : Exception($"Lease id {lease} was taken over by another account.")
{
    public LeaseId Lease { get; } = lease;
}

/// <summary>What a lost Redis knew is still being read from the journal on chain: a lease that is not found may be one of those that are missing.</summary>
internal sealed class JournalUnreadException() : Exception("Redis was lost, or is new, and what it knew is still being read from the chain.");

/// <summary>Something in Redis is not of a form that this version knows: written by a newer one, or damaged.</summary>
internal sealed class StoredFormException(string message) : Exception(message);
