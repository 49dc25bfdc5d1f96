namespace Gateway.Server.Web.Rest;

/// <summary>What a payee earned: from whom, for which VM, in which periods of the flows.</summary>
internal sealed record PayeeStatementDto
{
    public required string Payee { get; init; }

    public required string Token { get; init; }

    public string? From { get; init; }

    public string? To { get; init; }

    public required IReadOnlyList<PayeeAccountDto> Accounts { get; init; }

    public required IReadOnlyList<PayeeLeaseDto> Leases { get; init; }

    public required IReadOnlyList<PayeeFlowDto> Flows { get; init; }

    public required string Used { get; init; }

    public required string Streamed { get; init; }

    public required string Carried { get; init; }

    public required string OpeningCarry { get; init; }

    public required string ClosingCarry { get; init; }

    public required bool Verified { get; init; }

    public required string Mismatch { get; init; }

    public ClosedPeriodDto? Closed { get; init; }
}

internal sealed record PayeeAccountDto(string Payer, string OpeningCarry, string Streamed, string Used, string ClosingCarry);

internal sealed record PayeeLeaseDto(string Payer, string LeaseId, string VmId, string? RunningTime, string Used);

internal sealed record PayeeFlowDto(string Payer, FlowPeriodDto? Flow);
