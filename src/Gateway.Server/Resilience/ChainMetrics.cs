using System.Diagnostics.Metrics;
using Gateway.Domain.Leases;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Resilience;

/// <summary>RPC endpoints in numbers. Tags are names from the configuration, fixed method names and outcome classes: a bounded set.</summary>
internal sealed class ChainMetrics
{
    private static readonly BreakerState[] States = [BreakerState.Closed, BreakerState.HalfOpen, BreakerState.Open, BreakerState.Isolated];

    private readonly Meter _meter;
    private readonly Histogram<double> _calls;
    private readonly Counter<long> _regressions;
    private readonly Counter<long> _contradictions;
    private readonly Counter<long> _leftOut;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _losses;

    public ChainMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(GatewayTelemetry.ChainSourceName);
        _calls = _meter.CreateHistogram<double>(GatewayTelemetry.Instruments.ChainCallDuration, "s", "One JSON-RPC call of one endpoint, each try by itself.");
        _regressions = _meter.CreateCounter<long>(GatewayTelemetry.Instruments.ChainHeadRegressions, "{answer}", "Heads below one that the same source had shown before.");
        _contradictions = _meter.CreateCounter<long>(
            GatewayTelemetry.Instruments.ChainContradictions, "{answer}", "Blocks of one height with another hash than another endpoint has.");
        _leftOut = _meter.CreateCounter<long>(GatewayTelemetry.Instruments.ChainLogsLeftOut, "{log}", "Logs that an endpoint left out of an answer, and another one has.");
        _connections = _meter.CreateCounter<long>(GatewayTelemetry.Instruments.ChainSocketConnections, "{connection}", "Sockets that were connected and subscribed.");
        _losses = _meter.CreateCounter<long>(GatewayTelemetry.Instruments.ChainSocketLosses, "{connection}", "Sockets that were lost, or could not be connected.");
    }

    public void CallEnded(string endpoint, string method, string outcome, TimeSpan duration) => _calls.Record(
        duration.TotalSeconds, Endpoint(endpoint), new KeyValuePair<string, object?>("method", method), new KeyValuePair<string, object?>("outcome", outcome));

    public void HeadWentBack(string endpoint) => _regressions.Add(1, Endpoint(endpoint));

    public void Contradicted(string endpoint) => _contradictions.Add(1, Endpoint(endpoint));

    public void LogsLeftOut(string endpoint, int logs) => _leftOut.Add(logs, Endpoint(endpoint));

    public void SocketConnected(string endpoint) => _connections.Add(1, Endpoint(endpoint));

    public void SocketLost(string endpoint) => _losses.Add(1, Endpoint(endpoint));

    /// <summary>From now on tells how far each endpoint is behind the best one.</summary>
    public void WatchHeads(IReadOnlyList<RpcEndpoint> endpoints) => _meter.CreateObservableGauge(
        GatewayTelemetry.Instruments.ChainHeadLag, () => Lags(endpoints), "{block}", "Blocks behind the highest head of all endpoints.");

    /// <summary>From now on tells the state of each dependency: 1 for the present one, 0 for the others.</summary>
    public void WatchDependencies(DependencyBreakers breakers) => _meter.CreateObservableGauge(
        GatewayTelemetry.Instruments.DependencyState, () => breakers.Snapshot().SelectMany(StatesOf), "{dependency}", "Whether a dependency may be asked.");

    private static IEnumerable<Measurement<long>> StatesOf(DependencyState dependency) => States.Select(state => new Measurement<long>(
        dependency.State == state ? 1 : 0,
        new KeyValuePair<string, object?>("dependency", dependency.Name),
        new KeyValuePair<string, object?>("state", Enum.GetName(state))));

    private static IEnumerable<Measurement<long>> Lags(IReadOnlyList<RpcEndpoint> endpoints)
    {
        var heights = endpoints.Select(e => (e.Name, e.Head)).Where(e => e.Head is not null).Select(e => (e.Name, Height: e.Head!.Value.Value)).ToList();
        if (heights.Count == 0)
            return [];
        var best = heights.Max(e => e.Height);
        return heights.Select(e => new Measurement<long>(checked((long)(best - e.Height)), Endpoint(e.Name)));
    }

    private static KeyValuePair<string, object?> Endpoint(string name) => new("endpoint", name);
}
