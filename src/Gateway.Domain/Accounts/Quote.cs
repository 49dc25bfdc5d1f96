using System.Collections.Immutable;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>What keeps a lease from being opened, or its price from being raised. In the order in which it is asked.</summary>
public enum RefusalCode
{
    Unspecified = 0,

    /// <summary>The flow to a payee would be larger than the protocol takes: the request is at fault, not the account.</summary>
    RateTooLarge = 1,
    PermissionMissing = 2,
    AllowanceTooSmall = 3,
    BalanceTooLow = 4,
    RunwayTooShort = 5,

    /// <summary>The gas would cost too large a part of what the lease pays.</summary>
    Uneconomic = 6,
}

/// <summary>An expected "no", with what would be needed and what is there.</summary>
/// <param name="Required">Permissions as "create, update, delete"; wei per second for a rate or an allowance; wei for a balance, a runway or a value.</param>
/// <param name="Present">In the same unit.</param>
public sealed record Refusal(RefusalCode Code, string Required, string Present, string Detail)
{
    /// <summary>The wire's reason; none where the request itself is at fault.</summary>
    public Reason Reason => Code switch
    {
        RefusalCode.PermissionMissing => Reason.PermissionRevoked,
        RefusalCode.AllowanceTooSmall => Reason.AllowanceExhausted,
        RefusalCode.BalanceTooLow => Reason.InsufficientBalance,
        RefusalCode.RunwayTooShort => Reason.RunwayLow,
        RefusalCode.Uneconomic => Reason.Uneconomic,
        RefusalCode.Unspecified or RefusalCode.RateTooLarge => Reason.Unspecified,
    };
}

/// <summary>What a lease, or a new price of one, would mean for its account.</summary>
/// <param name="Legs">In the order of the payees.</param>
/// <param name="BufferDeposit">What this change would lock up beyond what the account's other wishes already do; negative where it releases.</param>
/// <param name="RequiredBalance">The least available balance with which it is admitted: all buffers still to be locked, and the minimum runway.</param>
/// <param name="RequiredAllowance">All raises of the account that are not on chain yet, this one included. Zero where our operator is the payer.</param>
/// <param name="RunwayAfter">From the observation on, with every wish settled.</param>
/// <param name="Refusal">Null: admitted.</param>
public sealed record Quote(
    ImmutableArray<FlowRate> Legs,
    TokenAmount BufferDeposit,
    TokenAmount RequiredBalance,
    FlowRate RequiredAllowance,
    Runway RunwayAfter,
    Refusal? Refusal)
{
    public bool IsAdmitted => Refusal is null;
}

/// <summary>What an account must have before more is asked of it. Per token, from configuration.</summary>
/// <param name="MinimumRunway">How long the account must last with everything settled; never longer than 2^32−1 s.</param>
/// <param name="Economics">Null: what gas costs beside the lease is not judged.</param>
public sealed record AdmissionPolicy(Runway MinimumRunway, EconomicPolicy? Economics = null);
