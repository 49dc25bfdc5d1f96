using System.Diagnostics;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Does something just before, or just after, some command that one piece of work sends to Redis; whatever else sends commands is left alone.</summary>
internal sealed class BeforeCommand : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly Activity _work;
    private int _commands;

    /// <param name="number">Of the command, from 0.</param>
    /// <param name="act">Is waited for: the command goes out when it is done.</param>
    public BeforeCommand(int number, bool isAfter, Func<Task> act)
    {
        _work = new Activity("work").Start();
        var trace = _work.TraceId;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == GatewayTelemetry.RedisSourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity => Reach(activity, !isAfter),
            ActivityStopped = activity => Reach(activity, isAfter),
        };
        ActivitySource.AddActivityListener(_listener);

        void Reach(Activity activity, bool isIt)
        {
            if (!isIt || activity.TraceId != trace || Interlocked.Increment(ref _commands) != number + 1)
                return;
            var current = Activity.Current;
            Activity.Current = null;
#pragma warning disable VSTHRD002 // The point is that nothing goes on meanwhile.
            Task.Run(act).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
            Activity.Current = current;
        }
    }

    /// <summary>Commands that were sent.</summary>
    public int Commands => Volatile.Read(ref _commands);

    public void Dispose()
    {
        _listener.Dispose();
        _work.Dispose();
    }
}
