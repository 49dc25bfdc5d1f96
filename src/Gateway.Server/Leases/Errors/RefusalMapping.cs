using System.Collections.Frozen;
using Gateway.Chain.Signing;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Server.Accounts;
using Gateway.Server.Accounts.Preparing;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Payees;
using Gateway.Server.Rebuilding;
using Gateway.Server.Storage;
using Grpc.Core;

namespace Gateway.Server.Leases.Errors;

/// <summary>The one table from what goes wrong to what a caller is told. A test holds it complete.</summary>
internal static class RefusalMapping
{
    /// <summary>How long a caller waits before he asks again for what an outage kept from him.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private static readonly FrozenDictionary<RefusalCode, Row> Refusals = new Dictionary<RefusalCode, Row>
    {
        // The sum of the leases would not fit the protocol: no top-up and no permission changes that.
        [RefusalCode.RateTooLarge] = new(StatusCode.InvalidArgument, StatusCodes.Status400BadRequest, ErrorReasons.RateTooLarge),
        [RefusalCode.PermissionMissing] = Failed(Reason.PermissionRevoked),
        [RefusalCode.AllowanceTooSmall] = Failed(Reason.AllowanceExhausted),
        [RefusalCode.BalanceTooLow] = Failed(Reason.InsufficientBalance),
        [RefusalCode.RunwayTooShort] = Failed(Reason.RunwayLow),
        [RefusalCode.Uneconomic] = Failed(Reason.Uneconomic),
    }.ToFrozenDictionary();

    /// <summary>Codes that the table knows.</summary>
    public static IEnumerable<RefusalCode> Codes => Refusals.Keys;

    public static Problem Of(Refusal refusal, string priceField = PriceFields.FlowRate)
    {
        var problem = Refusals[refusal.Code].Because(refusal.Detail).With("required", refusal.Required).With("present", refusal.Present);
        return refusal.Code == RefusalCode.RateTooLarge ? problem with { Fields = [new FieldProblem(priceField, refusal.Detail)] } : problem;
    }

    /// <summary>Anything that is not in the table is a bug of ours, and its text stays here.</summary>
    public static Problem Of(Exception exception) => exception switch
    {
        InvalidRequestException e => new Problem(StatusCode.InvalidArgument, StatusCodes.Status400BadRequest, ErrorReasons.InvalidRequest, e.Message) { Fields = e.Problems },
        RefusedException e => Of(e.Refusal, e.PriceField),
        PayeeRejectedException e => (Failed(Reason.PayeeRejected).Because(e.Message) with { Fields = e.Problem is { } problem ? [problem] : [] }).With("payee", Eip55.Format(e.Payee)),
        PriceStaleException e => Unavailable(ErrorReasons.PriceStale, e.Message).With("dependency", e.Dependency),
        PayeeDirectoryUnreadException e => Unavailable(ErrorReasons.PayeesUnknown, e.Message).With("dependency", PayeeDirectories.Name),
        LeaseEndedException e => Failed(e.Lease.Reason).Because(e.Message).With("lease_id", e.Lease.Id.Value).With("state", WireEnums.Name(e.Lease.State)),
        LeaseNotFoundException e =>
            new Problem(StatusCode.NotFound, StatusCodes.Status404NotFound, ErrorReasons.LeaseNotFound, e.Message).With("lease_id", e.Lease.Value),
        LeaseMayBeLostException e => new Problem(StatusCode.FailedPrecondition, StatusCodes.Status422UnprocessableEntity, ErrorReasons.LeaseMayBeLost, e.Message)
            .With("lease_id", e.Lease.Value),
        LeaseExistsException e =>
            new Problem(StatusCode.AlreadyExists, StatusCodes.Status409Conflict, ErrorReasons.LeaseExists, e.Message).With("lease_id", e.Lease.Value),
        LeaseIdTakenException e =>
            new Problem(StatusCode.Aborted, StatusCodes.Status409Conflict, ErrorReasons.LeaseIdContested, e.Message) { RetryAfter = Retry }.With("lease_id", e.Lease.Value),
        VersionConflictException e => new Problem(StatusCode.Aborted, StatusCodes.Status409Conflict, ErrorReasons.VersionConflict, e.Message)
            .With("lease_id", e.Lease.Value).With("required", Stored.Number(e.Required)).With("present", Stored.Number(e.Present)),
        WouldFailException e => new Problem(StatusCode.FailedPrecondition, StatusCodes.Status422UnprocessableEntity, ErrorReasons.TransactionWouldFail, e.Message),
        UseNotKeptException e => new Problem(StatusCode.FailedPrecondition, StatusCodes.Status422UnprocessableEntity, ErrorReasons.UseNotKept, e.Message)
            .With("lease_id", e.Lease.Value),
        DetailsNotKeptException e =>
            new Problem(StatusCode.FailedPrecondition, StatusCodes.Status422UnprocessableEntity, ErrorReasons.DetailsNotKept, e.Message) { Fields = [new("from", e.Message)] }
                .With("kept_since", Stored.Number(e.Since.UnixSeconds)),
        TooManyWatchersException e => new Problem(StatusCode.ResourceExhausted, StatusCodes.Status429TooManyRequests, ErrorReasons.TooManyWatchers, e.Message),
        HistoryUnavailableException e => Unavailable(ErrorReasons.HistoryUnavailable, e.Message).With("dependency", "chain"),
        StoreUnavailableException => Unavailable(
            ErrorReasons.StoreUnavailable, "The store has no answer. Whether the request was carried out is unknown; repeating it is safe.").With("dependency", "redis"),
        JournalUnreadException e => Unavailable(ErrorReasons.Rebuilding, $"{e.Message} Nothing was stored; repeating it is safe.").With("dependency", "redis"),
        JournalAheadException e => new Problem(StatusCode.FailedPrecondition, StatusCodes.Status422UnprocessableEntity, ErrorReasons.DeployBlockAhead, e.Message)
            .With("required", e.From.ToString()).With("present", e.Head.ToString()),
        ChainUnverifiedException e => Unreachable(e.Message),
        ChainException e => Unreachable(e.Message).With("endpoint", e.Endpoint).With("method", e.Method),
        OperationCanceledException => new Problem(StatusCode.Cancelled, StatusCodes.Status499ClientClosedRequest, ErrorReasons.Cancelled, "The request was given up."),
        _ => new Problem(StatusCode.Internal, StatusCodes.Status500InternalServerError, ErrorReasons.Internal, "The gateway failed on this request; its log says why."),
    };

    private static Row Failed(Reason reason) =>
        new(StatusCode.FailedPrecondition, StatusCodes.Status422UnprocessableEntity, WireEnums.Name(reason));

    private static Problem Unreachable(string detail) => Unavailable(WireEnums.Name(Reason.ChainUnreachable), detail).With("dependency", "chain");

    private static Problem Unavailable(string reason, string detail) =>
        new(StatusCode.Unavailable, StatusCodes.Status503ServiceUnavailable, reason, detail) { RetryAfter = Retry };

    private sealed record Row(StatusCode Code, int HttpStatus, string Reason)
    {
        public Problem Because(string detail) => new(Code, HttpStatus, Reason, detail);
    }
}
