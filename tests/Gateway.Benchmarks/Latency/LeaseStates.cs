using System.Collections.Concurrent;
using Gateway.Client;
using Grpc.Core;
using Superfluid.Gateway.V1;

namespace Gateway.Benchmarks.Latency;

/// <summary>What a scheduler is told of its leases, with the time at which it was told.</summary>
internal sealed class LeaseStates : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentQueue<(DateTimeOffset At, Lease Lease)> _told = new();
    private readonly CancellationTokenSource _stop;
    private readonly AsyncServerStreamingCall<Lease> _call;
    private readonly TimeProvider _time;

    private LeaseStates(SchedulerClient client, TimeProvider time, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _call = client.Leases.WatchLeases(new ListLeasesRequest(), cancellationToken: _stop.Token);
        _time = time;
    }

    public static LeaseStates Watch(SchedulerClient client, TimeProvider time, CancellationToken cancellationToken)
    {
        var states = new LeaseStates(client, time, cancellationToken);
        _ = states.ReadAsync(); // Ends with the call.
        return states;
    }

    /// <returns>When the lease was first told to be so.</returns>
    public async Task<DateTimeOffset> UntilAsync(string lease, Func<Lease, bool> isSo, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var since = _time.GetTimestamp();
        while (_time.GetElapsedTime(since) < atMost)
        {
            if (_told.Where(t => t.Lease.LeaseId == lease && isSo(t.Lease)).Select(t => (DateTimeOffset?)t.At).FirstOrDefault() is { } at)
                return at;
            await Task.Delay(PollInterval, _time, cancellationToken);
        }

        throw new TimeoutException($"Lease {lease} did not get there: {_told.LastOrDefault(t => t.Lease.LeaseId == lease).Lease}");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _call.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var lease in _call.ResponseStream.ReadAllAsync())
                _told.Enqueue((_time.GetUtcNow(), lease));
        }
        catch (RpcException)
        {
            // Disposed of, or the gateway has ended: whoever still waits runs into his patience.
        }
    }
}
