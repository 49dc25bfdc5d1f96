using System.Collections.Immutable;

namespace Gateway.Domain.Accounts;

/// <summary>Whose loss is avoided where a pause is not answered in time (DESIGN §5).</summary>
public enum Protection
{
    Unspecified = 0,

    /// <summary>A flow under a VM that may still run is not closed by us: its node is owed that money.</summary>
    Node = 1,

    /// <summary>At the close margin the flow is closed even so: the payer keeps his buffer.</summary>
    Customer = 2,
}

/// <summary>How early to act. Per token and payer, from configuration.</summary>
/// <param name="PauseMargin">A VM is paused when its account would be critical within this time.</param>
/// <param name="ResumeHysteresis">How much more than the margin a resumed lease must leave, or it would flap.</param>
/// <param name="SettlementPatience">How long a VM may run at a price that we have not brought on chain yet.</param>
public sealed record AccountPolicy(TimeSpan PauseMargin, TimeSpan ResumeHysteresis, TimeSpan SettlementPatience)
{
    public static readonly AccountPolicy Default = new(TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(2));

    /// <summary>What paused leases still cost is closed when the account would be critical within this time. Not longer than the pause margin.</summary>
    public TimeSpan CloseMargin { get; init; } = TimeSpan.FromMinutes(5);

    public Protection Protect { get; init; } = Protection.Node;

    /// <summary>How long a lease may be paused for its payer's sake, beyond the time that it has run paid since, before it is terminated.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromDays(14);

    /// <summary>The payer is warned when the runway falls below one of these. Longest first.</summary>
    public ImmutableArray<TimeSpan> Warnings { get; init; } = [TimeSpan.FromHours(24), TimeSpan.FromHours(6), TimeSpan.FromHours(1)];

    /// <summary>How much more, or less, may have been streamed over a flow than was used before that alone is worth a transaction. As time at what the flow carries.</summary>
    public TimeSpan DriftTolerance { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long before the second in which a flow is to end its close is ordered: it has to get into a block.</summary>
    public ulong InclusionSeconds { get; init; } = 1;

    public ulong PauseMarginSeconds => checked((ulong)PauseMargin.TotalSeconds);

    public ulong ResumeMarginSeconds => checked((ulong)(PauseMargin + ResumeHysteresis).TotalSeconds);

    public ulong CloseMarginSeconds => checked((ulong)CloseMargin.TotalSeconds);
}
