using System.Threading.Channels;
using Gateway.Domain.Identity;
using Gateway.Server.Resilience;
using Gateway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

/// <summary>When a socket that seems to live is given up.</summary>
public sealed class HeadSocketTests : PoolTest
{
    private static readonly TimeSpan Stall = HeadTiming.LeastStall;

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _wakes = Channel.CreateUnbounded<bool>();

    private HeadSocket? _socket;

    private protected override bool HasSocket => true;

    private HeadSocket Socket => _socket ?? throw new InvalidOperationException("Not initialised yet.");

    private RpcEndpoint Endpoint => Pool.Endpoints[0];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Endpoint.Rpc.GetBlockNumberAsync(Cancellation);
        var logger = Services.GetRequiredService<ILogger<HeadSocketTests>>();
        _socket = new HeadSocket(Endpoint, Services.GetRequiredService<ChainMetrics>(), new HeadTiming(() => 0), Time, logger);
        _ = _socket.RunAsync(() => _wakes.Writer.TryWrite(true), _stop.Token);
        await ConnectedAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await base.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    [Regression(34)]
    public async Task A_socket_that_is_silent_while_others_see_new_blocks_is_made_anew()
    {
        See(101);
        Time.Advance(Stall);
        See(102);
        Time.Advance(TimeSpan.FromMilliseconds(1));
        See(103);

        await Time.PassAsync(TimeSpan.FromMilliseconds(125));
        await ConnectedAsync();
        Assert.Contains(Logs.All, l => l.Contains("silent since block 100, while there is block 103", StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_a_quiet_chain_silence_is_no_reason()
    {
        See(100);
        Time.Advance(Stall * 2);
        See(100);

        await StillTellsAsync(101);
    }

    [Fact]
    public async Task A_socket_that_tells_a_little_later_is_kept()
    {
        See(101);
        Time.Advance(Stall);
        await StillTellsAsync(101);
        See(102);
        Time.Advance(Stall);
        See(102);

        await StillTellsAsync(102);
    }

    [Fact]
    public async Task What_was_there_before_it_was_connected_it_need_not_tell()
    {
        First.Head = 200;
        await Endpoint.Rpc.GetBlockNumberAsync(Cancellation);
        First.Sockets.Drop();
        await Time.PassAsync(TimeSpan.FromMilliseconds(125));
        await ConnectedAsync();
        See(200);
        Time.Advance(Stall * 2);
        See(200);

        await StillTellsAsync(201, subscriptions: 2);
    }

    private void See(ulong block) => Socket.CompareWith(new BlockNumber(block), Stall);

    private async Task ConnectedAsync() => await _wakes.Reader.ReadAsync(Cancellation);

    private async Task StillTellsAsync(ulong block, int subscriptions = 1)
    {
        var pulse = Services.GetRequiredService<HeadPulse>();
        await First.Sockets.AnnounceAsync(block);
        for (var next = pulse.Next; Endpoint.NewestHint?.Value != block; next = pulse.Next)
        {
            if (Endpoint.NewestHint?.Value != block)
                await next.WaitAsync(Cancellation);
        }

        Assert.Equal(subscriptions, First.Sockets.Subscriptions);
    }
}
