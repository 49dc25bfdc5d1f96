using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Gateway.Server.Leases.Errors;

/// <summary>A problem in the form that gRPC gives it; REST's is in Web/Rest.</summary>
internal static class ProblemStatus
{
    /// <summary>A status travels in headers, of which many clients take 8 KiB: with more they would see another error than this.</summary>
    private const int MostViolations = 16;

    /// <summary><c>google.rpc.Status</c> with an <c>ErrorInfo</c>, and with <c>BadRequest</c> and <c>RetryInfo</c> where they say something.</summary>
    public static RpcException ToRpcException(this Problem problem)
    {
        var info = new ErrorInfo { Reason = problem.Reason, Domain = ErrorReasons.Domain };
        info.Metadata.Add(problem.Metadata);
        var status = new Google.Rpc.Status { Code = (int)problem.Code, Message = problem.Detail, Details = { Any.Pack(info) } };
        if (problem.Fields.Count > 0)
        {
            var violations = problem.Fields.Take(MostViolations).Select(f => new BadRequest.Types.FieldViolation { Field = f.Field, Description = f.Description });
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violations } }));
        }

        if (problem.RetryAfter is { } retry)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retry) }));
        return status.ToRpcException();
    }
}
