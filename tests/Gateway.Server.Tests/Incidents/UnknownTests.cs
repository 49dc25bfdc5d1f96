using Gateway.Chain.Transport;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Evaluation;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Watching;
using Gateway.Server.Watching;
using Gateway.Testing;
using Gateway.Testing.Proxy;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Incidents;

/// <summary>What cannot be seen, or is our own fault, was elsewhere taken for a customer who does not pay.</summary>
public sealed class UnknownTests(SteppedWorld stepped) : ProxiedWatcherTest(stepped)
{
    [Theory]
    [Incident("1.1.1")]
    [Incident("1.1.7")]
    [InlineData("404")]
    [InlineData("nothing")]
    [InlineData("0x")]
    [InlineData("a page")]
    [InlineData("an old block")]
    public async Task Nine_minutes_in_which_every_read_answers_nonsense_pause_nobody(string answer)
    {
        var payer = await WatchedPayerAsync();
        await LieAsync(answer);

        for (var minute = 0; minute < 9; minute++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            await MineAsync(blocks: 1);
            await RunAllAsync();
            Assert.Equal(Execution.Run, await ExecutionAsync(payer));
        }

        // It was not asleep: as soon as there are answers, they count.
        foreach (var proxy in Both)
        {
            proxy.Faults.Clear();
            proxy.View.Freeze(at: null);
        }

        Time.Advance(TimeSpan.FromSeconds(61));
        await RunAllAsync();
        Assert.Equal((await HeadAsync()).Block.Number, (await AccountAsync(payer)).Health!.Block);
    }

    [Fact]
    [Incident("1.1.3")]
    public async Task Half_an_hour_in_which_our_lane_stands_still_is_no_lack_of_funds()
    {
        var payer = await WatchedPayerAsync();
        var raise = new LeaseChange(FlowRate.FromWeiPerSecond(2_000_000_007), Priority: null, PausedRate: null, Time.GetUtcNow(), TraceParent: null);
        await Gateway.Get<AccountSession>().ChangeAsync(AccountOf(payer), book => AccountMachine.Update(book, LeaseOf(payer), raise), Cancellation);

        for (var minute = 0; minute < 30; minute++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            await RunAllAsync();
        }

        var directives = await Gateway.Get<DirectiveLog>().ReadAsync(DirectiveCursor.Start, 10_000, Cancellation);
        var pauses = directives.Where(d => d.Directive.Lease == LeaseOf(payer) && d.Directive.Execution != Execution.Run).Select(d => d.Directive.Reason).ToList();
        Assert.All(pauses, reason => Assert.True(SettlementOutlook.IsCauseOf(reason), $"{reason} is laid to the payer's charge"));
    }

    [Fact]
    [Incident("1.1.5")]
    public async Task One_account_that_cannot_be_read_keeps_nobody_else_from_being_looked_at()
    {
        DevAccount[] payers = [await WatchedPayerAsync(), await WatchedPayerAsync(), await WatchedPayerAsync()];
        var database = (await Gateway.Get<RedisConnection>().MultiplexerAsync(Cancellation)).GetDatabase();
        await database.HashSetAsync(RedisKeys.Of(AccountOf(payers[1])).Account, [new HashEntry("json", "{ poison")]);
        foreach (var payer in payers)
            await CloseFlowAsync(payer);

        await WatchAsync(Gateway);

        Assert.Equal([Execution.Pause, Execution.Run, Execution.Pause], await Task.WhenAll(payers.Select(ExecutionAsync)));
        // By the audit as well: it lets the sick one be, and the others are verified.
        await MineAsync(blocks: 1);
        Time.Advance(TimeSpan.FromSeconds(61));
        await Gateway.Get<DeadlineStep>().RunOnceAsync(Cancellation);
        Assert.Equal((await HeadAsync()).Block.Number, (await AccountAsync(payers[2])).Health!.Block);
    }

    [Fact]
    [Incident("1.1.6")]
    public async Task An_endpoint_that_stands_still_is_not_believed_while_another_one_goes_on()
    {
        var payer = await WatchedPayerAsync();
        First.View.Freeze((await HeadAsync()).Block.Number.Value);
        Time.Advance(TimeSpan.FromMinutes(10));
        await MineAsync(blocks: 20);
        var closed = await CloseFlowAsync(payer);

        await WatchAsync(Gateway);

        Assert.Equal(closed.Hash, (await PauseOfAsync(Gateway, payer)).Evidence!.TransactionHash);
        Assert.Equal(closed.Block.Number, (await AccountAsync(payer)).Health!.Block);
    }

    [Fact]
    [Incident("1.4.8")]
    public async Task A_restart_tells_the_schedulers_of_running_leases_nothing()
    {
        DevAccount[] payers = [await WatchedPayerAsync(), await WatchedPayerAsync()];
        var before = await Gateway.Get<DirectiveLog>().ReadAsync(DirectiveCursor.Start, 10_000, Cancellation);

        await RestartAsync();
        for (var minute = 0; minute < 3; minute++)
        {
            Time.Advance(TimeSpan.FromSeconds(61));
            await MineAsync(blocks: 1);
            await RunAllAsync();
        }

        Assert.Equal((await HeadAsync()).Block.Number, (await AccountAsync(payers[0])).Health!.Block);
        var after = await Gateway.Get<DirectiveLog>().ReadAsync(DirectiveCursor.Start, 10_000, Cancellation);
        Assert.DoesNotContain(after.Skip(before.Count), d => payers.Any(p => d.Directive.Lease == LeaseOf(p)));
    }

    private async Task LieAsync(string answer)
    {
        var head = (await HeadAsync()).Block.Number;
        foreach (var proxy in Both)
        {
            switch (answer)
            {
                case "0x":
                    proxy.Faults.Always("eth_call", NodeLies.NoBytes);
                    break;
                case "an old block":
                    proxy.View.Freeze(head.Value);
                    break;
                default:
                    proxy.Faults.Always(FaultScript.Any, answer switch { "404" => NodeFaults.NotFound, "nothing" => NodeFaults.EmptyBody, _ => NodeFaults.Page });
                    break;
            }
        }
    }

    /// <summary>A step of everything that enforces; what cannot ask the chain says so, and nothing else.</summary>
    private async Task RunAllAsync()
    {
        Func<Task>[] steps =
        [
            () => WatchAsync(Gateway),
            () => Gateway.Get<RescanStep>().RunOnceAsync(Cancellation),
            () => Gateway.Get<DeadlineStep>().RunOnceAsync(Cancellation),
        ];
        foreach (var step in steps)
        {
            try
            {
                await step();
            }
            catch (ChainException)
            {
                // As its loop takes it.
            }
        }
    }

    private async Task<Execution> ExecutionAsync(DevAccount payer) =>
        (await Gateway.Get<AccountStore>().FindLeaseAsync(AccountOf(payer), LeaseOf(payer), Cancellation))!.Execution; // It was opened.

    private Task<Account> AccountAsync(DevAccount payer) => Gateway.Get<AccountStore>().LoadAccountAsync(AccountOf(payer), Cancellation);
}
