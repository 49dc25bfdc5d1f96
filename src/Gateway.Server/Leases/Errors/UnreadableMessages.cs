using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Server.Leases.Errors;

/// <summary>Tells a caller whose bytes are no message of the method that they are not: gRPC itself would say UNKNOWN, as if the trouble were ours.</summary>
/// <remarks>
/// A message is read before any interceptor runs, and everything after that leaves with a status from <see cref="ErrorInterceptor"/>: UNKNOWN says that
/// reading failed. Nothing has been sent by then, so the status stands in the headers (grpc-dotnet, GrpcProtocolHelpers.GetTrailersDestination). Clients
/// that write half a surrogate pair as three bytes come here: that is no UTF-8.
/// </remarks>
internal sealed partial class UnreadableMessages(RequestDelegate next, ILogger<UnreadableMessages> logger)
{
    private const string Status = "grpc-status";
    private const string Message = "grpc-message";
    private const string Details = "grpc-status-details-bin";

    private static readonly string Unknown = ((int)StatusCode.Unknown).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static readonly RpcException Unreadable = new Problem(
        StatusCode.InvalidArgument,
        StatusCodes.Status400BadRequest,
        ErrorReasons.InvalidRequest,
        "The request's bytes are not a message of this method: cut off, or with text that is not UTF-8.").ToRpcException();

    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        var headers = context.Response.Headers;
        if (context.Response.HasStarted || !string.Equals(headers[Status], Unknown, StringComparison.Ordinal))
            return;
        headers[Status] = ((int)Unreadable.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        headers[Message] = Uri.EscapeDataString(Unreadable.Status.Detail);
        headers[Details] = Convert.ToBase64String(Unreadable.GetRpcStatus()!.ToByteArray()); // It was made with one.
        LogUnreadable(context.Request.Path);
    }

    [LoggerMessage(EventId = 3021, Level = LogLevel.Information, Message = "A message to {Method} could not be read")]
    private partial void LogUnreadable(PathString method);
}
