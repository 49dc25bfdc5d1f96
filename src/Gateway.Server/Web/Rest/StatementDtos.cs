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

    public required IReadOnlyList<BufferMoveDto> Buffers { get; init; }

    public BufferSumsDto? Buffer { get; init; }

    public required string OpeningCarry { get; init; }

    public required string ClosingCarry { get; init; }

    public required string ThroughBlock { get; init; }

    public required bool Verified { get; init; }

    public required string Mismatch { get; init; }

    public ClosedPeriodDto? Closed { get; init; }

    public required IReadOnlyList<PayeeTotalDto> Payees { get; init; }
}

/// <summary>It does not change any more.</summary>
internal sealed record ClosedPeriodDto(string Name, string? ClosedAt, string Sha256);

internal sealed record PayeeTotalDto(string Payee, string OpeningCarry, string Streamed, string Used, string ClosingCarry);

internal sealed record PayeePartDto(string Payee, string Used);

internal sealed record LeaseUsageDto(string LeaseId, string VmId, string? RunningTime, string Used, IReadOnlyList<LegDto> Legs)
{
    public required IReadOnlyList<PayeePartDto> Parts { get; init; }

    public required string Correction { get; init; }

    public string? CorrectionTime { get; init; }
}

/// <summary>One constant rate between two blocks.</summary>
internal sealed record FlowPeriodDto(string Payee, string FlowRate, string? From, string? To, string Streamed, string OpenedBy)
{
    public required string OpenedHand { get; init; }

    public required string OpenedBlock { get; init; }

    public required string EndedBy { get; init; }

    public required string EndedHand { get; init; }

    public required string EndedBlock { get; init; }

    public required string BufferDeposit { get; init; }
}

/// <summary>A change of the buffer deposit of one flow.</summary>
internal sealed record BufferMoveDto(
    string Payee, string? At, string Transaction, string Block, string Hand, string Taken, string Returned, string Lost);

internal sealed record BufferSumsDto(string Taken, string Returned, string Lost, string Held);
