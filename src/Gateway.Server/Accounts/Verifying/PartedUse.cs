using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>Use in whole wei, by payee, and the time in which a VM ran; also a difference of two such.</summary>
internal sealed record PartedUse(long Milliseconds, ImmutableDictionary<Address, TokenAmount> Parts)
{
    public static readonly PartedUse Nothing = new(0, ImmutableDictionary<Address, TokenAmount>.Empty);

    public TokenAmount Used => Parts.Values.Aggregate(TokenAmount.Zero, (sum, part) => sum + part);

    public bool IsNothing => Milliseconds == 0 && Parts.Values.All(p => p.IsZero);

    public static PartedUse operator +(PartedUse left, PartedUse right) => new(
        left.Milliseconds + right.Milliseconds, right.Parts.Aggregate(left.Parts, (sum, part) => sum.SetItem(part.Key, sum.GetValueOrDefault(part.Key) + part.Value)));

    public static PartedUse operator -(PartedUse left, PartedUse right) => left + new PartedUse(-right.Milliseconds, right.Parts.ToImmutableDictionary(p => p.Key, p => -p.Value));

    public static PartedUse Of(LeaseReading reading) => new(reading.RunningMilliseconds, reading.Parts.ToImmutableDictionary());

    public TokenAmount PartOf(Address payee) => Parts.GetValueOrDefault(payee);
}
