namespace Gateway.Server.Web.Rest;

/// <summary>What was used, what was streamed, what is carried on.</summary>
internal sealed record StatementDto
{
    public required string Payer { get; init; }

    public required string Token { get; init; }

    public string? From { get; init; }

    public string? To { get; init; }

    public required IReadOnlyList<LeaseUsageDto> Leases { get; init; }

    public required IReadOnlyList<FlowPeriodDto> Flows { get; init; }

    public required string Used { get; init; }

    public required string Streamed { get; init; }

    public required string Carried { get; init; }
}

internal sealed record LeaseUsageDto(string LeaseId, string VmId, string? RunningTime, string Used, IReadOnlyList<LegDto> Legs);

/// <summary>One constant rate between two blocks.</summary>
internal sealed record FlowPeriodDto(string Payee, string FlowRate, string? From, string? To, string Streamed, string OpenedBy);
