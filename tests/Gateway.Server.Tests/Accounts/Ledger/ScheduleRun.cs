using Gateway.Domain.Identity;
using Gateway.Server.Evaluation;
using Gateway.Server.Rebuilding;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Watching;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Gateways one after another on a chain whose seconds the test makes: deadlines, settlement, a block, the watcher, settlement. Each may be the last thing that one of them does.</summary>
internal sealed class ScheduleRun : IAsyncDisposable
{
    private readonly SteppedWorld _world;
    private readonly FakeTimeProvider _time;
    private readonly List<string> _repaired = [];
    private SteppedGateway _gateway;
    private Repairs _repairs;
    private BlockRef _head;

    private ScheduleRun(SteppedWorld world, Random dice, FakeTimeProvider time, SteppedGateway gateway, BlockRef head)
    {
        (_world, Dice, _time, _gateway, _head) = (world, dice, time, gateway, head);
        _repairs = new Repairs(gateway.Get<System.Diagnostics.Metrics.IMeterFactory>());
    }

    public Random Dice { get; }

    public SteppedGateway Gateway => _gateway;

    public IEnumerable<string> Repaired => _repaired.Concat(_repairs.Causes);

    public int Deaths { get; private set; }

    public int DeathsBeforeABlock { get; private set; }

    /// <summary>Unix milliseconds.</summary>
    public long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ScheduleRun> StartAsync(SteppedWorld world, Random dice)
    {
        await world.World.Chain.Anvil.Control.StopMiningAsync(Cancellation);
        var head = (await world.World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        var time = new FakeTimeProvider(head.Time.ToDateTimeOffset());
        var run = new ScheduleRun(world, dice, time, await world.NewGatewayWithAsync(time, []), head);
        await run.WatchAsync();
        // A store that is empty may have lost something: the gateway reads the journal first.
        for (var seconds = 0; seconds < 5 || !await run.Get<LaneHighWater>().IsJournalReadAsync(Cancellation); seconds++)
        {
            Assert.InRange(seconds, 0, 100);
            await run.SecondAsync(mayDie: false);
            await run.Get<RebuildStep>().RunOnceAsync(Cancellation);
        }

        return run;
    }

    public T Get<T>()
        where T : notnull => _gateway.Get<T>();

    /// <summary>Some milliseconds later, and not yet in the next second.</summary>
    public void PassWithinSecond()
    {
        var left = _head.Time.PlusSeconds(1).ToDateTimeOffset() - _time.GetUtcNow();
        if (left > TimeSpan.FromMilliseconds(2))
            _time.Advance(TimeSpan.FromMilliseconds(Dice.Next(1, (int)Math.Min(left.TotalMilliseconds - 1, 400))));
    }

    public async Task SecondAsync(bool mayDie = true)
    {
        var next = _head.Time.PlusSeconds(1);
        _time.SetUtcNow(next.ToDateTimeOffset());
        for (var more = true; more;)
            more = (await Get<DeadlineStep>().RunOnceAsync(Cancellation)).MayBeMore;
        await SettleAsync();
        var (rpc, lane) = (_world.World.Chain.Anvil.Rpc, _world.World.Chain.Accounts.Operator.Address);
        var isSent = await rpc.GetPendingCountAsync(lane, Cancellation) != await rpc.GetTransactionCountAsync(lane, _head.Number, Cancellation);
        if (mayDie && Dice.Next(isSent ? 6 : 25) == 0)
        {
            await DieAsync();
            DeathsBeforeABlock += isSent ? 1 : 0;
        }

        await _world.World.Chain.Anvil.Control.MineAtAsync(next, Cancellation);
        _head = (await _world.World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        if (mayDie && Dice.Next(25) == 0)
            await DieAsync();
        await WatchAsync();
        await SettleAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _repairs.Dispose();
        await Get<SettlementStep>().ResignAsync(Cancellation);
        await _gateway.DisposeAsync();
    }

    /// <summary>Another process goes on, which knows what Redis knows.</summary>
    public async Task DieAsync()
    {
        Deaths++;
        _repaired.AddRange(_repairs.Causes);
        // The lane would be free ten seconds later by the clock of Redis, which no test moves.
        await DisposeAsync();
        _gateway = await _world.NewGatewayWithAsync(_time, []);
        _repairs = new Repairs(Get<System.Diagnostics.Metrics.IMeterFactory>());
    }

    private async Task WatchAsync()
    {
        while ((await Get<WatcherStep>().RunOnceAsync(Cancellation)).IsBehind)
            Cancellation.ThrowIfCancellationRequested();
    }

    private async Task SettleAsync()
    {
        while (await Get<SettlementStep>().RunOnceAsync(Cancellation) == StepResult.Again)
            Cancellation.ThrowIfCancellationRequested();
    }
}
