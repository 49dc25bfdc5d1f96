using System.Diagnostics;
using System.Globalization;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Resilience;

/// <summary>One attempt of one JSON-RPC call as a span and a measurement, by OpenTelemetry's conventions for JSON-RPC (semantic-conventions docs/rpc/json-rpc.md).</summary>
/// <remarks>An endpoint is told by its name: its URL may carry a key.</remarks>
internal sealed class RpcCallWatch : IDisposable
{
    private readonly string _endpoint;
    private readonly string _method;
    private readonly ChainMetrics _metrics;
    private readonly Activity? _span;
    private readonly long _since;
    private string _outcome = "ok";

    public RpcCallWatch(string endpoint, string method, ChainMetrics metrics)
    {
        (_endpoint, _method, _metrics) = (endpoint, method, metrics);
        _since = Stopwatch.GetTimestamp();
        // Only below something: the polls of workers would drown what somebody looks for.
        _span = Activity.Current is null ? null : GatewayTelemetry.ChainSource.StartActivity(method, ActivityKind.Client);
        _span?.SetTag("rpc.system", "jsonrpc").SetTag("rpc.method", method).SetTag("jsonrpc.protocol.version", "2.0").SetTag("server.address", endpoint);
    }

    public void Answered<T>(T answer)
    {
        switch (answer)
        {
            case SendOutcome.Unknown unknown:
                Fail(unknown.Cause is { } cause ? OutcomeOf(cause) : "failed", unknown.Why);
                break;
            case SendOutcome.Refused refused:
                Fail("refused", refused.Message);
                break;
        }
    }

    public void Failed(Exception exception)
    {
        if (exception is RpcRefusedException refused)
            _span?.SetTag("rpc.response.status_code", refused.Code.ToString(CultureInfo.InvariantCulture));
        Fail(OutcomeOf(exception), exception.Message);
    }

    public void Dispose()
    {
        _metrics.CallEnded(_endpoint, _method, _outcome, Stopwatch.GetElapsedTime(_since));
        _span?.Dispose();
    }

    private void Fail(string outcome, string why)
    {
        _outcome = outcome;
        _span?.SetStatus(ActivityStatusCode.Error, why).SetTag("error.type", outcome);
    }

    // A cancelled token here is the timeout's, or a caller's who went away: both mean that the endpoint did not answer in time.
    private static string OutcomeOf(Exception exception) => exception switch
    {
        OperationCanceledException => "no_answer",
        ExecutionRevertedException => "reverted",
        RpcRefusedException => "refused",
        RpcFailedException { Failure: RpcFailure.Timeout } => "no_answer",
        RpcFailedException { Failure: RpcFailure.RateLimited } => "rate_limited",
        _ => "failed",
    };
}
