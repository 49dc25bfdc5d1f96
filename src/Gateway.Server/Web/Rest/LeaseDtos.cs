using System.ComponentModel;

namespace Gateway.Server.Web.Rest;

/// <summary>Leases of one account.</summary>
/// <param name="NextPageToken">Empty at the end.</param>
internal sealed record LeasesDto(IReadOnlyList<LeaseDto> Leases, string NextPageToken);

/// <summary>The payment of one VM.</summary>
internal sealed record LeaseDto
{
    public required string LeaseId { get; init; }

    public required string VmId { get; init; }

    public required string Payer { get; init; }

    public required string Token { get; init; }

    public required string TokenAddress { get; init; }

    [Description("Wei per second, all legs together.")]
    public required string FlowRate { get; init; }

    [Description("Wei per second while it is paused.")]
    public required string PausedFlowRate { get; init; }

    public required IReadOnlyList<LegDto> Legs { get; init; }

    public required int Priority { get; init; }

    [Description("LEASE_STATE_…")]
    public required string State { get; init; }

    public BreakerDto? Breaker { get; init; }

    [Description("EXECUTION_…")]
    public required string Execution { get; init; }

    [Description("REASON_…")]
    public required string Reason { get; init; }

    public string? OpenedAt { get; init; }

    public string? FundedUntil { get; init; }

    public string? ClosedAt { get; init; }

    public string? RunningTime { get; init; }

    [Description("Wei, rounded down.")]
    public required string AmountUsed { get; init; }

    public required IReadOnlyList<TransactionRefDto> Transactions { get; init; }

    public required string Version { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    [Description("RFC 3339: ended then, unless it is paid again; absent: that clock stands.")]
    public string? GraceEndsAt { get; init; }

    [Description("What it costs while paused is not paid any more, so that the balance does not run out.")]
    public required bool CutOff { get; init; }

    public ResourcesDto? Resources { get; init; }

    [Description("Of the price list that priced it last; empty: none did.")]
    public required string PriceListVersion { get; init; }

    [Description("State and reason in plain words.")]
    public required string Explanation { get; init; }
}

internal sealed record ResourcesDto(string Plan, IReadOnlyDictionary<string, string> Quantities);

internal sealed record LegDto(PayeeDto? Payee, string FlowRate, string FlowOnChain);

internal sealed record PayeeDto(string Address, uint SharePpm, string Role);

internal sealed record BreakerDto(string State, string Reason, string? ChangedAt);

internal sealed record TransactionRefDto(string Hash, string Kind, string BlockNumber, string? BlockTime, string BufferLost);
