using Gateway.Chain.Rpc;
using Gateway.Devnet.World;
using Gateway.Testing.Gateways;
using Gateway.Testing.Redis;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>The wall clock, a chain that makes a block each second, and gateways as processes of their own, which are killed: nothing of them is finished, and their claims run out by themselves.</summary>
internal sealed class LiveStage : ScheduleStage
{
    /// <summary>A second each: longer than a gateway is ever gone, and out of sight of what it stands on.</summary>
    private const int MostTries = 60;

    private readonly IRedisServer _redis;
    private readonly GrpcChannel _channel;
    private readonly ScheduleCalls _calls;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _beating;

    private volatile TaskCompletionSource _nextBlock = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ServerProcess? _process;
    private Wires? _wires;

    private LiveStage(IRedisServer redis, DevnetWorld world, Random dice)
        : base(world, dice)
    {
        _redis = redis;
        // The same address for all of them; a channel that waited long before it tries again would wait for nothing.
        _channel = GrpcChannel.ForAddress(world.GrpcUrl, new GrpcChannelOptions { InitialReconnectBackoff = TimeSpan.FromMilliseconds(100), MaxReconnectBackoff = TimeSpan.FromSeconds(1) });
        _calls = new ScheduleCalls(_channel);
        _beating = BeatAsync();
    }

    public override bool IsLive => true;

    public override long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<LiveStage> StartAsync(Random dice)
    {
        var redis = await RedisChoice.StartAsync(Cancellation);
        var options = new DevnetOptions { Redis = redis.Connection, Payers = 3, Authorize = true };
        var stage = new LiveStage(redis, await DevnetWorld.StartAsync(options, TestContext.Current.SendDiagnosticMessage, TimeProvider.System, Cancellation), dice);
        await stage.SucceedAsync();
        return stage;
    }

    public override Task SecondAsync() => _nextBlock.Task.WaitAsync(Cancellation);

    public async Task SecondsAsync(int count)
    {
        for (var i = 0; i < count; i++)
            await SecondAsync();
    }

    public override async Task<T> AskAsync<T>(Func<ScheduleCalls, Task<T>> ask)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ask(_calls);
            }
            catch (RpcException e) when (IsGone(e) && tries < MostTries)
            {
                // Killed, or cut off from what it stands on: whether it was done is not known.
                await SecondAsync();
            }
        }
    }

    public override async Task<T?> TryAskAsync<T>(Func<ScheduleCalls, Task<T>> ask)
        where T : class
    {
        var answer = ask(_calls);
        try
        {
            return await Task.WhenAny(answer, SecondAsync()) == answer ? await answer : null;
        }
        catch (RpcException e) when (IsGone(e))
        {
            return null;
        }
    }

    /// <summary>Killed at some piece of what it says, wherever that goes.</summary>
    public Task DieSomewhereAsync(int seconds) => DieAsync(f => f.BurnAfter(Dice.Next(1, 40), delivers: Dice.Next(2) == 0), seconds);

    /// <summary>Killed when it has signed and stored a transaction, and says it to a node.</summary>
    /// <param name="isSent">The node hears it.</param>
    /// <param name="seconds">How long it may take until it sends one.</param>
    public async Task DieSendingAsync(bool isSent, int seconds)
    {
        if (!await DieAsync(f => f.BurnAt(Sending, isSent), seconds))
            return;
        DeathsAfterSending += isSent ? 1 : 0;
        DeathsBeforeSending += isSent ? 0 : 1;
    }

    /// <summary>For so long it hears nothing of one of the two that it stands on.</summary>
    public Task IsolateAsync(bool fromRedis, int seconds) => Wires.IsolateAsync(fromRedis, () => SecondsAsync(seconds));

    public override async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
#pragma warning disable VSTHRD003 // Started by this very object.
        await _beating;
#pragma warning restore VSTHRD003
        if (_process is not null)
            await _process.DisposeAsync();
        if (_wires is not null)
            await _wires.DisposeAsync();
        _channel.Dispose();
        await World.DisposeAsync();
        await _redis.DisposeAsync();
        _over.Dispose();
    }

    private static bool IsGone(RpcException e) =>
        e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled or StatusCode.DeadlineExceeded;

    private Wires Wires => _wires ?? throw new InvalidOperationException("Not started yet.");

    private ServerProcess Process => _process ?? throw new InvalidOperationException("Not started yet.");

    /// <returns>Whether it was the fuse that burnt.</returns>
    private async Task<bool> DieAsync(Action<Fuse> arm, int seconds)
    {
        arm(Wires.Fuse);
        await Task.WhenAny(Wires.Fuse.WhenBurntAsync(), SecondsAsync(seconds));
        var hasBurnt = Wires.Fuse.IsBurnt;
        await Process.KillAsync();
        Deaths++;
        await Process.DisposeAsync();
        await Wires.DisposeAsync();
        await SucceedAsync();
        return hasBurnt;
    }

    private async Task SucceedAsync()
    {
        _wires = new Wires(World);
        var settings = _wires.Settings.Concat(
        [
            new("Gateway:Policy:DriftTolerance", "00:00:03"),
            new("Logging:LogLevel:Default", "Warning"),
        ]);
        _process = await ServerProcess.StartAsync(World, Cancellation, settings.Select(s => KeyValuePair.Create(s.Key.Replace(":", "__", StringComparison.Ordinal), s.Value ?? "")));
    }

    private async Task BeatAsync()
    {
        var setup = new FeedSetup(World.Chain.Anvil.WebSocketUrl, World.Chain.Deployment.ChainId);
        try
        {
            await foreach (var hint in new ChainFeed(setup, TimeProvider.System, () => 0).ReadAsync(_over.Token))
            {
                if (hint is ChainHint.NewHead)
                    Interlocked.Exchange(ref _nextBlock!, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            }
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            // The test is over.
        }
    }
}
