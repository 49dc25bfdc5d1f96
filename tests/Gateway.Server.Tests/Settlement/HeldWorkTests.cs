using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using Gateway.Testing.Chains;
using Gateway.Testing.Redis;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Gas becomes too dear on a real chain: what waits is seen to wait, and what would run unpaid by it is paused and runs again.</summary>
public sealed class HeldWorkTests(ChainFixture chain, RedisFixture redis) : IClassFixture<ChainFixture>, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private static readonly FlowRate Price = FlowRate.FromWeiPerSecond(1_000_000_000_000);
    private static readonly Wei Dear = Wei.FromGwei(400);

    private readonly ShiftedTime _time = new();
    private RealLane _lane = null!; // Set before the test runs.
    private DevAccount _payer = null!; // Likewise.

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Address Node => chain.Chain.Accounts.Payees[0].Address;

    public async ValueTask InitializeAsync()
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(redis.Connection + ",allowAdmin=true");
        await admin.GetServers()[0].FlushAllDatabasesAsync();
        await chain.Control.MineOnDemandAsync(Cancellation);
        _payer = await chain.NewPayerAsync(Cancellation, authorised: true);
        _lane = await RealLane.StartAsync(chain, redis.Connection, _time, Cancellation);
        await _lane.NothingWasLostAsync(Cancellation);
    }

    public async ValueTask DisposeAsync() => await _lane.DisposeAsync();

    [Fact]
    public async Task A_raise_that_gas_holds_up_pauses_its_vm_and_the_lease_runs_again_at_its_new_price_when_gas_is_cheap()
    {
        await OpenAsync("one");
        await _lane.SettleAsync(Cancellation);
        await _lane.ReportAsync("one", _payer, Execution.Run, _time.GetUtcNow(), Cancellation);
        await _lane.ResizeAsync("one", _payer, Price + Price, Cancellation);
        await MineAtAsync(Dear);

        await _lane.StepAsync(Cancellation);
        Assert.Contains(_lane.Troubles, t => t.Trouble == LaneTrouble.GasAboveCeiling);
        Assert.Equal(LeaseState.Updating, (await LeaseAsync("one")).State);
        _time.Advance(TimeSpan.FromMinutes(3));
        await MineAtAsync(Dear);
        await _lane.StepAsync(Cancellation);
        await _lane.LookAsync(_payer, Cancellation);

        var paused = await LeaseAsync("one");
        Assert.Equal((LeaseState.Paused, Execution.Pause, Reason.GasAboveCeiling), (paused.State, paused.Execution, paused.Reason));
        await _lane.ReportAsync("one", _payer, Execution.Pause, _time.GetUtcNow(), Cancellation);
        await MineAtAsync(Wei.FromGwei(1));
        await SettleAsync();
        Assert.Equal(Price + Price, (await _lane.FlowAsync(_payer, Node, Cancellation)).Rate);
        var resumed = await LeaseAsync("one");
        Assert.Equal((LeaseState.Active, Execution.Run, Reason.Recovered), (resumed.State, resumed.Execution, resumed.Reason));
        Assert.DoesNotContain(_lane.Troubles, t => t.Trouble == LaneTrouble.GasAboveCeiling);
    }

    [Fact]
    public async Task An_opening_that_gas_holds_up_says_so_and_is_made_when_gas_is_cheap()
    {
        await MineAtAsync(Dear);
        await OpenAsync("two");

        await _lane.StepAsync(Cancellation);

        var waiting = await LeaseAsync("two");
        Assert.Equal((LeaseState.Opening, Reason.GasAboveCeiling), (waiting.State, waiting.Reason));
        await MineAtAsync(Wei.FromGwei(1));
        await SettleAsync();
        var opened = await LeaseAsync("two");
        Assert.Equal((LeaseState.Active, Reason.Funded), (opened.State, opened.Reason));
    }

    private Task OpenAsync(string id) => _lane.OpenAsync(id, _payer, Price, [(Node, 1_000_000)], Cancellation);

    private Task<Lease> LeaseAsync(string id) => _lane.LeaseAsync(id, _payer, Cancellation);

    private async Task MineAtAsync(Wei baseFee)
    {
        await chain.Control.SetNextBaseFeeAsync(baseFee, Cancellation);
        await chain.Control.MineAsync(Cancellation);
    }

    /// <summary>A lease that was paused is probed by looks of its own, each a moment after the one before.</summary>
    private async Task SettleAsync()
    {
        for (var look = 0; look < 4; look++)
        {
            await _lane.SettleAsync(Cancellation);
            _time.Advance(TimeSpan.FromSeconds(2));
            await _lane.LookAsync(_payer, Cancellation);
        }
    }
}
