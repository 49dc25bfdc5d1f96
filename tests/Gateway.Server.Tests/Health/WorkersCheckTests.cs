using System.Diagnostics.Metrics;
using Gateway.Server.Directives;
using Gateway.Server.Health;
using Gateway.Server.Telemetry;
using Gateway.Server.Workers;
using Gateway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Health;

public sealed class WorkersCheckTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();
    private readonly Heartbeats _heartbeats;

    public WorkersCheckTests() => _heartbeats = new Heartbeats(_time);

    [Fact]
    public async Task A_loop_that_stands_still_is_not_ready_and_named()
    {
        var (slow, busy) = (_heartbeats.Begin("slow"), _heartbeats.Begin("busy"));
        _time.Advance(LoopWatch.Stale);
        busy.Beat(failing: null);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        var still = await CheckAsync();
        slow.Beat(failing: null);

        Assert.Equal(HealthStatus.Unhealthy, still.Status);
        Assert.Contains("slow", still.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("busy", still.Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
    }

    [Fact]
    [Incident("1.3.5")]
    public async Task A_loop_that_never_began_is_missed()
    {
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync("watcher")).Status);
        _time.Advance(LoopWatch.Stale + TimeSpan.FromMilliseconds(1));

        var result = await CheckAsync("watcher");

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("watcher has never begun.", result.Description);
    }

    [Fact]
    public async Task Of_loops_of_one_name_the_slowest_counts_and_one_that_has_ended_does_not()
    {
        var watchers = new DirectiveWatchers(new GatewayMetrics(Meters), _heartbeats);
        var (dead, patient) = (watchers.Begin(), watchers.Begin());
        // Its scheduler reads slowly: that is the scheduler's business.
        patient.WaitsForScheduler();
        _time.Advance(LoopWatch.Stale + TimeSpan.FromSeconds(1));
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync()).Status);

        dead.Dispose();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
        patient.Beat();
        _time.Advance(LoopWatch.Stale + TimeSpan.FromSeconds(1));

        var result = await CheckAsync();
        patient.Dispose();
        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.StartsWith(Loops.Directives, result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loop_that_fails_and_goes_on_is_degraded_and_says_why()
    {
        _heartbeats.Begin("watcher").Beat("no endpoint answers");

        var result = await CheckAsync();

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Contains("no endpoint answers", result.Description, StringComparison.Ordinal);
    }

    public void Dispose() => _services.Dispose();

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    private Task<HealthCheckResult> CheckAsync(params string[] expected) =>
        new WorkersCheck(new LoopWatch(_heartbeats, new Loops(expected), Meters, _time)).CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
}
