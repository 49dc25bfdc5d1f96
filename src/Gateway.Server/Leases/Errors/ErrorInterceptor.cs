using System.Diagnostics;
using Gateway.Server.Telemetry;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Server.Leases.Errors;

/// <summary>The edge of every gRPC call: what went wrong becomes a status here, and is logged here once.</summary>
internal sealed partial class ErrorInterceptor(GatewayMetrics metrics, ILogger<ErrorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        // A writer fails in its own way when the caller has gone: that is the caller's doing, not a failure.
        var problem = RefusalMapping.Of(context.CancellationToken.IsCancellationRequested ? new OperationCanceledException() : exception);
        Activity.Current?.SetTag(GatewayTelemetry.Attributes.Reason, problem.Reason);
        switch (problem.Code)
        {
            case StatusCode.Internal:
                LogFailed(exception, context.Method);
                break;
            case StatusCode.Unavailable:
                LogUnavailable(context.Method, problem.Reason, exception.Message);
                break;
            case StatusCode.FailedPrecondition:
                metrics.Refused(problem.Reason);
                LogRefused(context.Method, problem.Reason, problem.Detail);
                break;
            default:
                LogRejected(context.Method, problem.Code, problem.Detail);
                break;
        }

        return problem.ToRpcException();
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "{Method} failed")]
    private partial void LogFailed(Exception exception, string method);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "{Method} could not be served, {Reason}: {Problem}")]
    private partial void LogUnavailable(string method, string reason, string problem);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Information, Message = "{Method} was refused, {Reason}: {Problem}")]
    private partial void LogRefused(string method, string reason, string problem);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Debug, Message = "{Method} was rejected, {Code}: {Problem}")]
    private partial void LogRejected(string method, StatusCode code, string problem);
}
