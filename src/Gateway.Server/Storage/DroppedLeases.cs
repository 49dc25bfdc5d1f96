using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Server.Storage;

/// <summary>What is kept of an account's leases that were dropped: what later opening carries need of them.</summary>
/// <param name="Until">Each of them ended before.</param>
/// <param name="Parts">What they used, in whole wei of each lease as statements have it, by payee.</param>
internal sealed record DroppedLeases(BlockTime Until, long Count, ImmutableSortedDictionary<Address, TokenAmount> Parts)
{
    public static readonly DroppedLeases None = new(default, 0, ImmutableSortedDictionary<Address, TokenAmount>.Empty);

    public TokenAmount Used => Parts.Values.Aggregate(TokenAmount.Zero, (sum, part) => sum + part);

    /// <summary>With more of them. Those that were rejected were never to be paid.</summary>
    /// <param name="until">They ended before.</param>
    public DroppedLeases With(IReadOnlyCollection<Lease> leases, BlockTime until)
    {
        var parts = Parts;
        foreach (var lease in leases.Where(l => l.State == LeaseState.Closed))
        {
            // Its end lies behind all that left its meter: nothing of that is taken off again.
            var reading = LeaseReading.Of(lease, past: [], until.ToDateTimeOffset()) ?? throw new InvalidOperationException($"Lease {lease.Id} has no end.");
            foreach (var (payee, part) in reading.Parts)
                parts = parts.SetItem(payee, parts.GetValueOrDefault(payee) + part);
        }

        return new DroppedLeases(until > Until ? until : Until, Count + leases.Count, parts);
    }
}
