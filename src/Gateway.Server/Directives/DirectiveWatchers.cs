using Gateway.Domain.Leases;
using Gateway.Server.Telemetry;
using Gateway.Server.Workers;

namespace Gateway.Server.Directives;

/// <summary>Schedulers that watch directives now: each has a loop of its own, which is missed where it stands still.</summary>
internal sealed class DirectiveWatchers(GatewayMetrics metrics, Heartbeats heartbeats)
{
    public Watching Begin() => new(metrics, heartbeats.Begin(Loops.Directives));

    /// <summary>One of them, until it is disposed of.</summary>
    internal sealed class Watching : IDisposable
    {
        private readonly GatewayMetrics _metrics;
        private readonly Heartbeats.Heartbeat _heartbeat;

        public Watching(GatewayMetrics metrics, Heartbeats.Heartbeat heartbeat)
        {
            (_metrics, _heartbeat) = (metrics, heartbeat);
            metrics.WatcherCame();
        }

        public void Beat() => _heartbeat.Beat(failing: null);

        /// <summary>The scheduler must read before more can be sent: a slow one must not make this replica look dead.</summary>
        public void WaitsForScheduler() => _heartbeat.WaitForOthers();

        public void Delivered(Execution execution, bool again, TimeSpan sinceIssued)
        {
            Beat();
            _metrics.DirectiveDelivered(execution, again, sinceIssued);
        }

        public void Dispose()
        {
            _metrics.WatcherWent();
            _heartbeat.Dispose();
        }
    }
}
