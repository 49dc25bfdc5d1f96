using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Server.Accounts.Statements;

/// <summary>A former version kept one sum of what a meter read before its present phase: a border inside that past cannot be told.</summary>
internal sealed class UseNotKeptException(LeaseId lease, DateTimeOffset from, DateTimeOffset since) : Exception(
    $"What lease {lease} used between {from:u} and {since:u} is kept as one sum. Ask for a period with no border in between.")
{
    public LeaseId Lease { get; } = lease;
}

/// <summary>What a VM used within a period: the difference of two readings of its meter, so that periods side by side add up.</summary>
/// <param name="Before">As it was stated up to the period's beginning.</param>
/// <param name="Correction">What of the difference was reported late, and belongs to a period that was closed before.</param>
internal sealed record LeaseUse(Lease Lease, LeaseReading Before, LeaseReading After, long CorrectedMilliseconds, TokenAmount Correction)
{
    public long RunningMilliseconds => After.RunningMilliseconds - Before.RunningMilliseconds;

    public TokenAmount Used => After.Used - Before.Used;

    public bool IsNothing => RunningMilliseconds == 0 && Before.Parts.Keys.Union(After.Parts.Keys).All(p => UsedFor(p).IsZero);

    public TokenAmount UsedFor(Address payee) => After.PartOf(payee) - Before.PartOf(payee);
}
