using Gateway.Server.Health;
using Gateway.Server.Workers;
using Gateway.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Health;

public sealed class WorkersCheckTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Heartbeats _heartbeats;
    private readonly WorkersCheck _check;

    public WorkersCheckTests()
    {
        _heartbeats = new Heartbeats(_time);
        _check = new WorkersCheck(_heartbeats, _time);
    }

    [Fact]
    [Regression(35)]
    public async Task A_worker_that_stands_still_is_not_ready_and_named()
    {
        var (slow, busy) = (_heartbeats.Register("slow"), _heartbeats.Register("busy"));
        _time.Advance(TimeSpan.FromSeconds(30));
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
    public async Task A_worker_that_fails_and_goes_on_is_degraded_and_says_why()
    {
        _heartbeats.Register("watcher").Beat("no endpoint answers");

        var result = await CheckAsync();

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Contains("no endpoint answers", result.Description, StringComparison.Ordinal);
    }

    private Task<HealthCheckResult> CheckAsync() => _check.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
}
