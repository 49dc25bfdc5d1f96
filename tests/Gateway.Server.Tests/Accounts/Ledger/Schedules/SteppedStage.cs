using Gateway.Domain.Identity;
using Gateway.Server.Evaluation;
using Gateway.Server.Rebuilding;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Watching;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>Clock and blocks are the test's, and gateways run one step at a time: deadlines, settlement, a block, the watcher, settlement. In any of them one may be cut off for good.</summary>
internal sealed class SteppedStage : ScheduleStage
{
    /// <summary>What a gateway says in a few seconds of a schedule.</summary>
    private const int MostPieces = 600;

    // Apart from the schedule's dice: how often gateways die is not the same each time.
    private readonly Random _fate;
    private readonly FakeTimeProvider _time;
    private readonly List<ServedGateway> _dead = [];
    private readonly List<string> _repaired = [];
    private ServedGateway _gateway;
    private BlockRef _head;
    private bool _mayDie;
    private bool? _diesSendingOne;

    private SteppedStage(SteppedWorld world, Random dice, FakeTimeProvider time, ServedGateway gateway, BlockRef head)
        : base(world.World, dice) => (_fate, _time, _gateway, _head) = (new Random(dice.Next()), time, gateway, head);

    public BlockRef Head => _head;

    public override long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<SteppedStage> StartAsync(SteppedWorld world, Random dice)
    {
        await world.World.Chain.Anvil.Control.StopMiningAsync(Cancellation);
        var head = (await world.World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        var time = new FakeTimeProvider(head.Time.ToDateTimeOffset());
        var stage = new SteppedStage(world, dice, time, await ServedGateway.StartAsync(world.World, time), head);
        await stage.WatchAsync();
        // A store that is empty may have lost something: the gateway reads the journal first.
        for (var seconds = 0; seconds < 5 || !await stage._gateway.Get<LaneHighWater>().IsJournalReadAsync(Cancellation); seconds++)
        {
            Assert.InRange(seconds, 0, 100);
            await stage.SecondAsync();
            await stage._gateway.Get<RebuildStep>().RunOnceAsync(Cancellation);
        }

        stage._mayDie = true;
        stage.Arm();
        return stage;
    }

    /// <summary>What no mark, no log and no deadline led a gateway to: the audit alone found it.</summary>
    public IEnumerable<string> Repaired => _repaired.Concat(_gateway.Repairs.Causes);

    public override void PassWithinSecond()
    {
        var left = _head.Time.PlusSeconds(1).ToDateTimeOffset() - _time.GetUtcNow();
        if (left > TimeSpan.FromMilliseconds(2))
            _time.Advance(TimeSpan.FromMilliseconds(Dice.Next(1, (int)Math.Min(left.TotalMilliseconds - 1, 400))));
    }

    public override async Task SecondAsync()
    {
        var next = _head.Time.PlusSeconds(1);
        _time.SetUtcNow(next.ToDateTimeOffset());
        await DoAsync(LookAsync);
        await DoAsync(SettleAsync);
        await MineAsync(next);
        await DoAsync(WatchAsync);
        await DoAsync(SettleAsync);
    }

    public override async Task<T> AskAsync<T>(Func<ScheduleCalls, Task<T>> ask)
    {
        while (true)
        {
            var (isDone, answer) = await TryAsync(() => ask(_gateway.Calls));
            if (isDone)
                return answer!; // It is done.
        }
    }

    /// <summary>From now on none of them dies by itself.</summary>
    public void LetLive()
    {
        _mayDie = false;
        _gateway.Wires.Fuse.BurnAfter(int.MaxValue, delivers: true);
    }

    /// <summary>It is gone now, and there is another one when this is over.</summary>
    public async Task DieWhileAsync(Func<Task> something)
    {
        _diesSendingOne = null;
        _gateway.Wires.Fuse.BurnNow();
        await something();
        await SucceedAsync();
    }

    /// <summary>A block with what was sent by hand, in a second that is said.</summary>
    public async Task MineAsync(BlockTime at)
    {
        await World.Chain.Anvil.Control.MineAtAsync(at, Cancellation);
        _head = (await World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        if (_time.GetUtcNow() < _head.Time.ToDateTimeOffset())
            _time.SetUtcNow(_head.Time.ToDateTimeOffset());
    }

    public override async ValueTask DisposeAsync()
    {
        await EndClaimAsync();
        foreach (var gateway in _dead.Append(_gateway))
            await gateway.DisposeAsync();
    }

    /// <summary>One step, as far as it gets, and then another gateway's, which begins with it.</summary>
    private async Task DoAsync(Func<Task> step)
    {
        var isDone = false;
        while (!isDone)
        {
            (isDone, _) = await TryAsync(async () =>
            {
                await step();
                return true;
            });
        }
    }

    private async Task<(bool IsDone, T? Result)> TryAsync<T>(Func<Task<T>> act)
    {
        var work = act();
        var fuse = _gateway.Wires.Fuse;
        if (await Task.WhenAny(work, fuse.WhenBurntAsync()) == work && !fuse.IsBurnt)
            return (true, await work);
        await SucceedAsync();
        return (false, default);
    }

    /// <summary>Another process goes on, which knows what Redis knows.</summary>
    private async Task SucceedAsync()
    {
        Deaths++;
        DeathsBeforeSending += _diesSendingOne == false ? 1 : 0;
        DeathsAfterSending += _diesSendingOne == true ? 1 : 0;
        _diesSendingOne = null;
        _dead.Add(_gateway);
        _repaired.AddRange(_gateway.Repairs.Causes);
        await EndClaimAsync();
        _gateway = await ServedGateway.StartAsync(World, _time);
        if (_mayDie)
            Arm();
    }

    /// <summary>It runs out by the clock of Redis, which no test moves.</summary>
    private async Task EndClaimAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(World.Redis);
        await redis.GetDatabase().KeyDeleteAsync(new LaneKeys(World.Chain.Deployment.ChainId, World.Chain.Accounts.Operator.Address).Leader);
    }

    private void Arm()
    {
        var fuse = _gateway.Wires.Fuse;
        var delivers = _fate.Next(2) == 0;
        _diesSendingOne = _fate.Next(2) == 0 ? delivers : null;
        if (_diesSendingOne is null)
            fuse.BurnAfter(_fate.Next(1, MostPieces), delivers);
        else
            fuse.BurnAt(Sending, delivers);
    }

    private async Task LookAsync()
    {
        while ((await _gateway.Get<DeadlineStep>().RunOnceAsync(Cancellation)).MayBeMore)
            Cancellation.ThrowIfCancellationRequested();
    }

    private async Task WatchAsync()
    {
        while ((await _gateway.Get<WatcherStep>().RunOnceAsync(Cancellation)).IsBehind)
            Cancellation.ThrowIfCancellationRequested();
    }

    private async Task SettleAsync()
    {
        while (await _gateway.Get<SettlementStep>().RunOnceAsync(Cancellation) == StepResult.Again)
            Cancellation.ThrowIfCancellationRequested();
    }
}
