using Gateway.Server.Leases.Errors;
using Grpc.Core;

namespace Gateway.Server.Web.Rest;

/// <summary>The edge of every REST call: what went wrong becomes a problem document here, by the same table as gRPC's status.</summary>
internal sealed partial class RestErrors(ILogger<RestErrors> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        // Balances are of the moment, and whose they are is nobody else's business.
        context.HttpContext.Response.Headers.CacheControl = "no-store";
        try
        {
            return await next(context);
        }
        catch (Exception e) when (!context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            var problem = RefusalMapping.Of(e);
            Log(context.HttpContext.Request, problem, e);
            if (problem.RetryAfter is { } retry)
                context.HttpContext.Response.Headers.RetryAfter = Math.Ceiling(retry.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
            return TypedResults.Json(ProblemDto.Of(problem), RestJson.Default.ProblemDto, ProblemDto.ContentType, problem.HttpStatus);
        }
    }

    private void Log(HttpRequest request, Problem problem, Exception exception)
    {
        if (problem.Code == StatusCode.Internal)
            LogFailed(exception, request.Method, request.Path);
        else
            LogRefused(request.Method, request.Path, problem.Reason, problem.Detail);
    }

    [LoggerMessage(EventId = 7001, Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogFailed(Exception exception, string method, PathString path);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Information, Message = "{Method} {Path} was not done, {Reason}: {Problem}")]
    private partial void LogRefused(string method, PathString path, string reason, string problem);
}
