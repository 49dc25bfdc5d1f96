using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Statements;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>What an account's ledger must know of.</summary>
/// <param name="Payees">Everybody whom its leases ever paid.</param>
/// <param name="Since">No flow of its leases is older; null: that is not known.</param>
internal sealed record LedgerScope(ImmutableSortedSet<Address> Payees, BlockTime? Since)
{
    /// <summary>The second of a block is its proposer's, and that of a lease is ours: the block in which its flow was opened may seem older than it.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    /// <summary>No period was closed yet: where a lease was told of that is older than the ledger, that begins with it.</summary>
    public bool MayBeginEarlier { get; init; }

    /// <param name="leases">All of them, those that have ended too.</param>
    public static LedgerScope Of(IReadOnlyList<Lease> leases, IEnumerable<Address> others)
    {
        // A restored lease is older than it says: what flowed for it before the loss was ours as well.
        var isKnown = leases.Count > 0 && leases.All(l => l.RestoredAt is null);
        return new LedgerScope(
            [.. leases.SelectMany(l => l.Payees).Select(p => p.Address), .. others],
            isKnown ? new BlockTime((ulong)(leases.Min(l => l.OpenedAt) - Skew).ToUnixTimeSeconds()) : null);
    }

    /// <summary>Whether a ledger begins too late.</summary>
    public bool IsOlderThan(FlowLedger ledger) => MayBeginEarlier && Since < ledger.Origin?.At.Time;
}
