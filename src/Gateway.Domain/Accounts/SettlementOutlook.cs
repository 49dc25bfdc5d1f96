using System.Collections.Immutable;
using Gateway.Domain.Leases;

namespace Gateway.Domain.Accounts;

/// <summary>Whether what is wanted of flows gets to the chain now, as whoever leads the lane last said.</summary>
/// <param name="Held">Kinds of changes that wait since gas costs more than may be paid for them.</param>
/// <param name="IsStalled">No transaction gets in, for another reason.</param>
public sealed record SettlementOutlook(ImmutableHashSet<Urgency> Held, bool IsStalled)
{
    public static readonly SettlementOutlook Clear = new([], IsStalled: false);

    /// <summary>Flows can be made, and be raised.</summary>
    public bool CanRaise => !IsStalled && !Held.Contains(Urgency.Open) && !Held.Contains(Urgency.Raise);

    /// <summary>What keeps a change from being made; <see cref="Reason.Unspecified"/>: nothing that is known.</summary>
    public Reason WhyNot(Urgency urgency) =>
        Held.Contains(urgency) ? Reason.GasAboveCeiling : IsStalled ? Reason.SettlementStalled : Reason.Unspecified;

    /// <summary>True for what a lease shows because of settlement, and not because of its payer or payees.</summary>
    public static bool IsCauseOf(Reason reason) => reason is Reason.GasAboveCeiling or Reason.SettlementStalled;
}
