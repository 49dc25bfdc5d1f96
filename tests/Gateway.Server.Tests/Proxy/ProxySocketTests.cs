using Gateway.Chain.Rpc;
using Gateway.Testing;
using Gateway.Testing.Chains;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Proxy;

/// <summary>What a feed hears through a socket that is spoilt.</summary>
public sealed class ProxySocketTests(ChainFixture chain) : ProxyTest(chain)
{
    private IAsyncEnumerator<ChainHint> _hints = null!; // Set before the test runs.

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var setup = new FeedSetup(Proxy.SocketUrl, Chain.Chain.Deployment.ChainId);
        _hints = new ChainFeed(setup, TimeProvider.System, () => 0).ReadAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.IsType<ChainHint.Subscribed>(await NextAsync());
    }

    public override async ValueTask DisposeAsync()
    {
        await _hints.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Heads_come_through_as_they_are_mined()
    {
        var before = await MineAsync();

        Assert.Equal(before + 1, await NextHeadAsync());
    }

    [Fact]
    public async Task Heads_may_be_doubled_skipped_and_reordered()
    {
        Proxy.Sockets.Next(HeadFault.Doubled, HeadFault.Skipped, HeadFault.Reordered, HeadFault.None);
        var before = await MineAsync();
        for (var i = 0; i < 3; i++)
            await MineAsync();

        Assert.Equal(before + 1, await NextHeadAsync());
        Assert.Equal(before + 1, await NextHeadAsync());
        Assert.Equal(before + 4, await NextHeadAsync());
        Assert.Equal(before + 3, await NextHeadAsync());
    }

    [Theory]
    [Regression(40)]
    [InlineData(0)] // With a good-bye.
    [InlineData(1)] // Without.
    public async Task A_connection_that_ends_is_told_and_made_anew(int how)
    {
        if (how == 0)
            await Proxy.Sockets.CloseAsync();
        else
            Proxy.Sockets.Reset();

        Assert.IsType<ChainHint.Lost>(await NextAsync());
        Assert.IsType<ChainHint.Subscribed>(await NextAsync());
        Assert.Equal(2, Proxy.Sockets.Connections);
        Assert.Equal(await MineAsync() + 1, await NextHeadAsync());
    }

    [Fact]
    public async Task A_silent_socket_stays_open_and_tells_nothing()
    {
        Proxy.Sockets.IsSilent = true;
        await MineAsync();
        await Proxy.Sockets.SwallowedAsync(Cancellation);
        Proxy.Sockets.IsSilent = false;

        var before = await MineAsync();

        Assert.Equal(before + 1, await NextHeadAsync());
        Assert.Equal(1, Proxy.Sockets.Connections);
    }

    private async Task<ulong> MineAsync()
    {
        var before = await Chain.Rpc.GetBlockNumberAsync(Cancellation);
        await Chain.Control.MineAsync(Cancellation);
        return before.Value;
    }

    private async Task<ulong> NextHeadAsync() => Assert.IsType<ChainHint.NewHead>(await NextAsync()).Number.Value;

    private async Task<ChainHint> NextAsync()
    {
        Assert.True(await _hints.MoveNextAsync());
        return _hints.Current;
    }
}
