using Gateway.Server.Settlement;
using Gateway.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class SettlementSignalTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SettlementSignal _signal = new();

    [Fact]
    [Regression(20)]
    public async Task A_wake_that_came_while_the_step_ran_is_not_lost()
    {
        _signal.Wake();
        _signal.Wake();

        await _signal.WaitAsync(TimeSpan.FromHours(1), _time, TestContext.Current.CancellationToken);

        var second = _signal.WaitAsync(TimeSpan.FromHours(1), _time, TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromHours(1));
        await second;
    }

    [Fact]
    public async Task Without_a_wake_the_time_ends_the_wait()
    {
        var wait = _signal.WaitAsync(TimeSpan.FromSeconds(2), _time, TestContext.Current.CancellationToken);

        _time.Advance(TimeSpan.FromSeconds(2));

        await wait;
    }

    [Fact]
    public async Task Stopping_ends_the_wait_as_cancelled()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _signal.WaitAsync(TimeSpan.FromHours(1), _time, stop.Token));
    }
}
