using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Pricing;

/// <summary>One part of a split.</summary>
/// <param name="Address">Null: whoever runs the VM, whom the request names.</param>
public sealed record SplitPart(Address? Address, SharePpm Share, string Role);

/// <summary>How a price is shared where a request names no payees. The first part owns the integer remainder, as with payees.</summary>
/// <param name="Parts">At least one; their shares add up to the whole, and one at most is left for the node.</param>
public sealed record DefaultSplit(ImmutableArray<SplitPart> Parts)
{
    /// <summary>A request must name the node.</summary>
    public bool NeedsNode => Parts.Any(p => p.Address is null);

    /// <param name="node">Who takes the part without an address; not null where <see cref="NeedsNode"/>.</param>
    public ImmutableArray<Payee> With(Address? node) =>
        [.. Parts.Select(p => new Payee(p.Address ?? node ?? throw new ArgumentNullException(nameof(node)), p.Share, p.Role))];
}
