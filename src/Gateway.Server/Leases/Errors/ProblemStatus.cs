using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Server.Leases.Errors;

/// <summary>A problem in the form that a protocol gives it.</summary>
internal static class ProblemStatus
{
    /// <summary><c>google.rpc.Status</c> with an <c>ErrorInfo</c>, and with <c>BadRequest</c> and <c>RetryInfo</c> where they say something.</summary>
    public static RpcException ToRpcException(this Problem problem)
    {
        var info = new ErrorInfo { Reason = problem.Reason, Domain = ErrorReasons.Domain };
        info.Metadata.Add(problem.Metadata);
        var status = new Google.Rpc.Status { Code = (int)problem.Code, Message = problem.Detail, Details = { Any.Pack(info) } };
        if (problem.Fields.Count > 0)
        {
            var violations = problem.Fields.Select(f => new BadRequest.Types.FieldViolation { Field = f.Field, Description = f.Description });
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violations } }));
        }

        if (problem.RetryAfter is { } retry)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retry) }));
        return status.ToRpcException();
    }

    /// <summary>RFC 9457, with <c>reason</c>, <c>metadata</c> and <c>fields</c> as further members.</summary>
    public static ProblemDetails ToProblemDetails(this Problem problem)
    {
        var details = new ProblemDetails { Status = problem.HttpStatus, Title = problem.Reason, Detail = problem.Detail };
        details.Extensions["reason"] = problem.Reason;
        details.Extensions["domain"] = ErrorReasons.Domain;
        if (problem.Metadata.Count > 0)
            details.Extensions["metadata"] = problem.Metadata.ToDictionary(StringComparer.Ordinal);
        if (problem.Fields.Count > 0)
            details.Extensions["fields"] = problem.Fields.Select(f => new Dictionary<string, string>(StringComparer.Ordinal) { ["field"] = f.Field, ["description"] = f.Description }).ToArray();
        return details;
    }
}
