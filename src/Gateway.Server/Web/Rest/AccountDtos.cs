using System.ComponentModel;

namespace Gateway.Server.Web.Rest;

/// <summary>The super tokens that this gateway pays in.</summary>
internal sealed record TokensDto(IReadOnlyList<SuperTokenDto> Tokens);

/// <summary>One super token; all have 18 decimals.</summary>
internal sealed record SuperTokenDto
{
    public required string Symbol { get; init; }

    public required string Address { get; init; }

    [Description("Empty where it wraps no ERC-20.")]
    public required string Underlying { get; init; }

    public required uint UnderlyingDecimals { get; init; }

    [Description("How long a buffer pays, as in \"14400s\".")]
    public required string LiquidationPeriod { get; init; }

    [Description("Wei.")]
    public required string MinimumDeposit { get; init; }

    [Description("Whom the customer authorises.")]
    public required string Operator { get; init; }

    public required string ChainId { get; init; }

    [Description("TOKEN_KIND_PURE, TOKEN_KIND_WRAPPER or TOKEN_KIND_NATIVE_WRAPPER.")]
    public required string Kind { get; init; }
}

/// <summary>An account: one balance of one payer in one token.</summary>
internal sealed record AccountDto
{
    public required string Payer { get; init; }

    public required string Token { get; init; }

    public required string TokenAddress { get; init; }

    [Description("Wei at observedAt, may be negative.")]
    public required string AvailableBalance { get; init; }

    [Description("Wei.")]
    public required string BufferDeposit { get; init; }

    [Description("Wei per second, signed: incoming minus outgoing.")]
    public required string NetFlowRate { get; init; }

    [Description("RFC 3339, the block's time.")]
    public required string ObservedAt { get; init; }

    public required string BlockNumber { get; init; }

    [Description("RFC 3339; absent: never, at the present net rate.")]
    public string? CriticalAt { get; init; }

    [Description("As in \"3600s\"; absent: for ever.")]
    public string? Runway { get; init; }

    public required bool CanCreate { get; init; }

    public required bool CanUpdate { get; init; }

    public required bool CanDelete { get; init; }

    [Description("Wei per second.")]
    public required string FlowRateAllowance { get; init; }

    public required bool UnlimitedAllowance { get; init; }

    public required uint RunningLeases { get; init; }

    public required uint PausedLeases { get; init; }

    [Description("In the underlying's own decimals; empty for a pure super token.")]
    public required string UnderlyingBalance { get; init; }

    [Description("As in \"3600s\": the lowest warning threshold that the runway fell below and has not recovered from; absent: none.")]
    public string? RunwayWarning { get; init; }

    [Description("The allowance would not bear it if all leases were paused and resumed once.")]
    public required bool AllowanceLow { get; init; }

    [Description("As in \"12s\": time since the account was last verified, where a VM may run.")]
    public string? Exposure { get; init; }

    [Description("Wei that its VMs use at their prices in that time.")]
    public required string ExposureAmount { get; init; }

    [Description("Of each payee whom it pays, or paid and left something with.")]
    public required IReadOnlyList<PayeeDriftDto> Drifts { get; init; }

    [Description("Thousandths of a wei, signed: what remains of flows that are gone, of all payees.")]
    public required string Carried { get; init; }
}

/// <summary>What was streamed to one payee for leases, less what they used there; positive: the payer is ahead.</summary>
internal sealed record PayeeDriftDto
{
    public required string Payee { get; init; }

    [Description("Thousandths of a wei, signed.")]
    public required string Drift { get; init; }

    [Description("Thousandths of a wei since then, for leases alone; empty: no flow, the drift is carried.")]
    public required string Streamed { get; init; }

    [Description("Thousandths of a wei since then, less what was carried to it.")]
    public required string Used { get; init; }

    [Description("Absent: no flow.")]
    public string? Since { get; init; }

    [Description("From here on a part of it is a guess; absent: all is certain.")]
    public string? EstimatedFrom { get; init; }

    [Description("A log is missing yet: the sum goes by what was last certain.")]
    public required bool Behind { get; init; }

    [Description("Wei per second, signed, that the flow is wanted to carry beyond its legs until the drift is gone.")]
    public required string Trim { get; init; }

    [Description("Its last lease has ended, and it flows on until then for what is owed; absent: it does not.")]
    public string? KeptUntil { get; init; }
}

/// <summary>What the gateway's operator may do; an empty object: everything, without a limit.</summary>
internal sealed record AuthorizationRequestDto
{
    [Description("Wei per second; absent or empty means unlimited.")]
    public string? FlowRateAllowance { get; init; }

    public bool Revoke { get; init; }
}

/// <summary>How much to add. Exactly one of superTokenAmount and targetRunway.</summary>
internal sealed record TopUpRequestDto
{
    [Description("Wei of 18 decimals.")]
    public string? SuperTokenAmount { get; init; }

    [Description("As in \"2592000s\": enough to last that long at today's net rate.")]
    public string? TargetRunway { get; init; }

    [Description("Grant the operator in the same transaction where one suffices.")]
    public bool Authorize { get; init; }
}

/// <summary>Unsigned transactions for the customer's own wallet.</summary>
/// <param name="Transactions">In order; empty: nothing is needed.</param>
/// <param name="Expected">The account once they are in.</param>
internal sealed record PreparedTransactionsDto(IReadOnlyList<UnsignedTransactionDto> Transactions, AccountDto Expected);

/// <summary>Complete but for nonce, fees and signature.</summary>
internal sealed record UnsignedTransactionDto
{
    public required string To { get; init; }

    public required string Data { get; init; }

    [Description("Native wei.")]
    public required string Value { get; init; }

    public required string ChainId { get; init; }

    [Description("For the one who signs.")]
    public required string Description { get; init; }

    public required string GasLimit { get; init; }

    [Description("Who must sign; empty: anybody who has the tokens.")]
    public required string From { get; init; }
}
