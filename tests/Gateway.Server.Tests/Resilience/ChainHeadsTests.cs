using Gateway.Domain.Identity;
using Gateway.Server.Resilience;
using Gateway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

public sealed class ChainHeadsTests : PoolTest
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private IHostedService? _worker;

    private protected override bool HasSocket => true;

    private ChainHeads Heads => Services.GetRequiredService<ChainHeads>();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _worker = Assert.Single(Services.GetServices<IHostedService>());
        await _worker.StartAsync(Cancellation);
        await First.Sockets.SubscribedAsync();
        Assert.Equal(100UL, await NewerThanAsync(0));
        // Both polls have asked, and rest.
        await Time.AwaitedAsync(HeadTiming.LeastPause, waiters: 2);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_worker is not null)
            await _worker.StopAsync(Cancellation);
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_block_that_a_socket_announces_is_told_at_once()
    {
        var newer = NewerThanAsync(100);
        First.Head = 101;
        await First.Sockets.AnnounceAsync(101);

        Assert.Equal(101UL, await newer);
    }

    [Fact]
    public async Task A_block_that_came_before_somebody_waited_is_told_at_once()
    {
        await First.Sockets.AnnounceAsync(101);
        await First.Sockets.AnnounceAsync(103);
        Assert.Equal(103UL, await NewerThanAsync(102));

        Assert.Equal(103UL, await NewerThanAsync(100));
    }

    [Fact]
    public async Task Where_no_block_comes_the_wait_ends()
    {
        var wait = Heads.WaitForNewerAsync(new BlockNumber(100), Long, Cancellation);
        await Time.PassAsync(Long);

        Assert.Equal(100UL, (await wait).Value);
    }

    [Fact]
    public async Task Without_a_socket_a_poll_finds_the_block()
    {
        var newer = NewerThanAsync(100);
        Second.Head = 101;
        await Time.PassAsync(HeadTiming.LeastPause);

        Assert.Equal(101UL, await newer);
    }

    [Fact]
    public async Task What_came_while_the_socket_was_lost_is_looked_for_as_soon_as_it_is_back()
    {
        var newer = NewerThanAsync(100);
        First.Sockets.Drop();
        First.Head = 105;
        await Time.PassAsync(TimeSpan.FromMilliseconds(125));
        await First.Sockets.SubscribedAsync();

        Assert.Equal(105UL, await newer);
    }

    [Fact]
    public async Task An_announcement_that_no_answer_confirms_is_forgotten()
    {
        var newer = NewerThanAsync(100);
        await First.Sockets.AnnounceAsync(1000);
        Assert.Equal(1000UL, await newer);

        Time.Advance(EndpointHead.AnnouncementLasts);
        Assert.Equal(100UL, Heads.Newest?.Value);
    }

    [Fact]
    [Regression(33)]
    public async Task A_block_that_the_socket_is_ahead_with_is_looked_for_at_a_pace()
    {
        await First.Sockets.AnnounceAsync(1000);
        Assert.Equal(1000UL, await NewerThanAsync(100));
        Time.Advance(TimeSpan.FromMilliseconds(50));

        var again = Heads.WaitForNewerAsync(new BlockNumber(100), Long, Cancellation);
        Assert.False(again.IsCompleted);
        await Time.PassAsync(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1000UL, (await again).Value);
    }

    [Fact]
    public async Task An_announced_block_is_confirmed_by_an_answer_at_once()
    {
        First.Head = 101;
        await First.Sockets.AnnounceAsync(101);
        Assert.Equal(101UL, await NewerThanAsync(100));
        var pulse = Services.GetRequiredService<HeadPulse>();
        for (var next = pulse.Next; Pool.Endpoints[0].Head?.Value != 101; next = pulse.Next)
            await next.WaitAsync(Cancellation);
    }

    [Fact]
    public async Task No_key_is_ever_logged()
    {
        First.Sockets.Drop();
        First.FailWith(502, "<html>");
        for (var i = 0; i < 5; i++)
            await BalanceAsync();

        Assert.NotEmpty(Logs.All);
        Assert.DoesNotContain(Logs.All, l => l.Contains("secret", StringComparison.Ordinal));
    }

    private async Task<ulong> NewerThanAsync(ulong number) => (await Heads.WaitForNewerAsync(new BlockNumber(number), Long, Cancellation)).Value;
}
