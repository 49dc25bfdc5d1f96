using System.Collections.Frozen;
using Gateway.Chain.Abi;
using Gateway.Domain.Leases;

namespace Gateway.Chain.Superfluid;

/// <summary>Who has to do something about a revert.</summary>
public enum RevertClass
{
    Unspecified = 0,

    /// <summary>The payer: permission, allowance, balance.</summary>
    Customer = 1,

    /// <summary>The payee is a contract that refuses.</summary>
    Payee = 2,

    /// <summary>What was asked for can never work.</summary>
    Input = 3,

    /// <summary>The flow is not as it was read: read again, plan again.</summary>
    Stale = 4,

    /// <summary>More gas may help.</summary>
    Gas = 5,

    /// <summary>A bug or a wrong configuration of ours: alert.</summary>
    Ours = 6,
}

/// <summary>A revert in words.</summary>
/// <param name="Reason">What the lease shows; unspecified where it is not the lease's matter.</param>
public sealed record Revert(string Name, RevertClass Class, Reason Reason);

/// <summary>Selectors to meanings (superfluid.md §3.6). The Host passes revert data on unchanged, except panics and empty reverts.</summary>
public static class SuperfluidErrors
{
    private static readonly (string Name, RevertClass Class, Reason Reason)[] Table =
    [
        ("CFA_INSUFFICIENT_BALANCE", RevertClass.Customer, Reason.InsufficientBalance),
        ("CFA_FLOW_ALREADY_EXISTS", RevertClass.Stale, Reason.Unspecified),
        ("CFA_FLOW_DOES_NOT_EXIST", RevertClass.Stale, Reason.Unspecified),
        ("CFA_INVALID_FLOW_RATE", RevertClass.Ours, Reason.Unspecified),
        ("CFA_NO_SELF_FLOW", RevertClass.Input, Reason.Unspecified),
        ("CFA_ZERO_ADDRESS_RECEIVER", RevertClass.Input, Reason.Unspecified),
        ("CFA_ZERO_ADDRESS_SENDER", RevertClass.Input, Reason.Unspecified),
        ("CFA_NON_CRITICAL_SENDER", RevertClass.Customer, Reason.PermissionRevoked),
        ("CFA_ACL_OPERATOR_NO_CREATE_PERMISSIONS", RevertClass.Customer, Reason.PermissionRevoked),
        ("CFA_ACL_OPERATOR_NO_UPDATE_PERMISSIONS", RevertClass.Customer, Reason.PermissionRevoked),
        ("CFA_ACL_OPERATOR_NO_DELETE_PERMISSIONS", RevertClass.Customer, Reason.PermissionRevoked),
        ("CFA_ACL_FLOW_RATE_ALLOWANCE_EXCEEDED", RevertClass.Customer, Reason.AllowanceExhausted),
        ("CFA_ACL_NO_SENDER_CREATE", RevertClass.Ours, Reason.Unspecified),
        ("CFA_ACL_NO_SENDER_UPDATE", RevertClass.Ours, Reason.Unspecified),
        ("CFA_ACL_NO_SENDER_FLOW_OPERATOR", RevertClass.Ours, Reason.Unspecified),
        ("CFA_ACL_UNCLEAN_PERMISSIONS", RevertClass.Ours, Reason.Unspecified),
        ("CFA_ACL_NO_NEGATIVE_ALLOWANCE", RevertClass.Ours, Reason.Unspecified),
        ("CFA_FLOW_RATE_TOO_BIG", RevertClass.Input, Reason.Unspecified),
        ("CFA_DEPOSIT_TOO_BIG", RevertClass.Input, Reason.Unspecified),
        ("SF_TOKEN_MOVE_INSUFFICIENT_BALANCE", RevertClass.Customer, Reason.InsufficientBalance),
        ("SF_TOKEN_BURN_INSUFFICIENT_BALANCE", RevertClass.Customer, Reason.InsufficientBalance),
        ("SF_TOKEN_ONLY_LISTED_AGREEMENT", RevertClass.Ours, Reason.Unspecified),
        ("SF_TOKEN_ONLY_HOST", RevertClass.Ours, Reason.Unspecified),
        ("HOST_NEED_MORE_GAS", RevertClass.Payee, Reason.PayeeRejected),
        ("APP_RULE", RevertClass.Payee, Reason.PayeeRejected),
        ("HOST_ONLY_LISTED_AGREEMENT", RevertClass.Ours, Reason.Unspecified),
        ("HOST_NON_ZERO_LENGTH_PLACEHOLDER_CTX", RevertClass.Ours, Reason.Unspecified),
        ("HOST_UNKNOWN_BATCH_CALL_OPERATION_TYPE", RevertClass.Ours, Reason.Unspecified),
        ("CFA_HOOK_OUT_OF_GAS", RevertClass.Gas, Reason.Unspecified),
        ("SUPER_TOKEN_NO_UNDERLYING_TOKEN", RevertClass.Ours, Reason.Unspecified),
    ];

    private static readonly AbiError ErrorText = new("Error", [new AbiParameter("reason", AbiType.Parse("string"), IsIndexed: false)]);
    private static readonly AbiError Panic = new("Panic", [new AbiParameter("code", AbiType.Parse("uint256"), IsIndexed: false)]);

    private static readonly FrozenDictionary<string, AbiError> BySelector = new[] { Interfaces.Cfa, Interfaces.Host, Interfaces.SuperToken, Interfaces.Forwarder }
        .SelectMany(abi => abi.Errors)
        .DistinctBy(error => error.Signature, StringComparer.Ordinal)
        .ToFrozenDictionary(error => Convert.ToHexStringLower(error.Selector), StringComparer.Ordinal);

    /// <summary>Reads revert data. What no table knows is taken as a contract payee's own word.</summary>
    public static Revert Classify(ReadOnlySpan<byte> revertData)
    {
        if (revertData.Length < AbiFunction.SelectorSize)
            return new Revert("empty revert", RevertClass.Gas, Reason.Unspecified);
        if (revertData.StartsWith(ErrorText.Selector))
            return OfText(revertData);
        if (revertData.StartsWith(Panic.Selector))
            return new Revert("panic", RevertClass.Input, Reason.Unspecified);
        var selector = Convert.ToHexStringLower(revertData[..AbiFunction.SelectorSize]);
        if (!BySelector.TryGetValue(selector, out var known))
            return new Revert("0x" + selector, RevertClass.Payee, Reason.PayeeRejected);
        var row = Array.Find(Table, r => string.Equals(r.Name, known.Name, StringComparison.Ordinal));
        return row.Name is null ? new Revert(known.Name, RevertClass.Ours, Reason.Unspecified) : new Revert(row.Name, row.Class, row.Reason);
    }

    internal static IEnumerable<string> Names => Table.Select(r => r.Name);

    internal static string? NameOf(string selector) => BySelector.TryGetValue(selector, out var error) ? error.Name : null;

    // CallUtils.sol turns panics and empty reverts of an agreement into texts.
    private static Revert OfText(ReadOnlySpan<byte> revertData)
    {
        string text;
        try
        {
            text = (string)ErrorText.Decode(revertData)[0];
        }
        catch (AbiException)
        {
            return new Revert("Error(unreadable)", RevertClass.Payee, Reason.PayeeRejected);
        }

        return text switch
        {
            "CallUtils: target panicked: 0x11" => new Revert("arithmetic overflow", RevertClass.Input, Reason.Unspecified),
            "CallUtils: target revert()" => new Revert("empty revert below the Host", RevertClass.Gas, Reason.Unspecified),
            "unauthorized host" or "Not trusted forwarder" => new Revert(text, RevertClass.Ours, Reason.Unspecified),
            _ => new Revert($"Error({text})", RevertClass.Payee, Reason.PayeeRejected),
        };
    }
}
