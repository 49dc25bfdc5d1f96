using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>What an account's payer was warned of and has not mended yet.</summary>
/// <param name="Threshold">The lowest warning threshold that the runway fell below; null: none.</param>
/// <param name="AllowanceLow">The flow-rate allowance would not bear it if all leases were paused and resumed once.</param>
public sealed record AccountWarnings(TimeSpan? Threshold, bool AllowanceLow)
{
    public static readonly AccountWarnings None = new(Threshold: null, AllowanceLow: false);
}

/// <summary>Kinds of what is told about an account.</summary>
public enum WarningKind
{
    Unspecified = 0,
    RunwayLow = 1,
    Recovered = 2,
    AllowanceLow = 3,
    AllowanceRestored = 4,
}

/// <summary>One thing to be told about an account, with the figures that it rests on.</summary>
/// <param name="Threshold">The one that was crossed, downwards or up again; null where it is about the allowance.</param>
/// <param name="Allowance">What is left of it, and what may be needed.</param>
public sealed record AccountWarning(
    WarningKind Kind, TimeSpan? Threshold, AccountHealth Health, Runway Runway, FlowRate Allowance, FlowRate AllowanceNeeded);
