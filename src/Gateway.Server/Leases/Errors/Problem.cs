using System.Collections.Immutable;
using Grpc.Core;

namespace Gateway.Server.Leases.Errors;

/// <summary>Why a request was not done, the same for gRPC and REST.</summary>
/// <param name="Code">As gRPC has it; <see cref="HttpStatus"/> is the same for REST.</param>
/// <param name="Reason">Of the proto's enum where it has one, else one of <see cref="ErrorReasons"/>. Part of the contract: these only grow.</param>
/// <param name="Detail">For people.</param>
internal sealed record Problem(StatusCode Code, int HttpStatus, string Reason, string Detail)
{
    /// <summary>What an <c>ErrorInfo</c> says besides its reason: required, present, lease_id and the like.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>What is wrong with the request, where that is the trouble.</summary>
    public IReadOnlyList<FieldProblem> Fields { get; init; } = [];

    /// <summary>When trying again makes sense; null where it does not by itself.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public Problem With(string key, string value) => this with { Metadata = Metadata.SetItem(key, value) };
}

/// <summary>Reasons of <c>ErrorInfo</c> beyond the proto's enum, for what is no reason of a lease.</summary>
internal static class ErrorReasons
{
    public const string Domain = "gateway.superfluid";

    public const string InvalidRequest = "INVALID_REQUEST";
    public const string RateTooLarge = "RATE_TOO_LARGE";
    public const string LeaseNotFound = "LEASE_NOT_FOUND";
    public const string LeaseMayBeLost = "LEASE_MAY_BE_LOST";
    public const string LeaseExists = "LEASE_EXISTS";
    public const string LeaseIdContested = "LEASE_ID_CONTESTED";
    public const string VersionConflict = "VERSION_CONFLICT";
    public const string TransactionWouldFail = "TRANSACTION_WOULD_FAIL";
    public const string UseNotKept = "USE_NOT_KEPT";
    public const string DetailsNotKept = "DETAILS_NOT_KEPT";
    public const string TooManyWatchers = "TOO_MANY_WATCHERS";
    public const string HistoryUnavailable = "HISTORY_UNAVAILABLE";
    public const string Rebuilding = "REBUILDING";
    public const string DeployBlockAhead = "DEPLOY_BLOCK_AHEAD";
    public const string PayeesUnknown = "PAYEES_UNKNOWN";
    public const string PriceStale = "PRICE_STALE";
    public const string StoreUnavailable = "STORE_UNAVAILABLE";
    public const string Cancelled = "CANCELLED";
    public const string Internal = "INTERNAL";
}
