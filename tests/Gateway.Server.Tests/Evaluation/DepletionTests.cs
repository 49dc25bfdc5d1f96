using Gateway.Chain.Superfluid;
using Gateway.Devnet.World;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Evaluation;

/// <summary>Accounts that run dry, each in another way, on the real contracts and with time that is made to pass: who is paused, when, and what becomes of the buffer.</summary>
public sealed class DepletionTests(SteppedWorld stepped) : IClassFixture<SteppedWorld>
{
    private const long PerSecond = 1_000_000_000_000;

    private static readonly FlowRate Price = FlowRate.FromWeiPerSecond(PerSecond);
    internal static readonly TokenAmount Buffer = Price.Over(14_400);

    private DevnetChain Chain => stepped.World.Chain;

    [Fact]
    [Incident("1.2.1")]
    public async Task By_its_own_outflow_each_vm_is_paused_in_its_turn_and_resumed_in_reverse()
    {
        await using var story = await BeginAsync(left: 2 * 2_000);
        await LowIsPausedAtTheMarginAsync(story, buffersLeft: 1);

        await story.TravelToAsync(secondsBeforeCritical: 899);
        await story.LookAsync();
        await story.ExpectAsync(running: [], paused: ["high", "low"]);
        await story.ReportPausedAsync("high");
        await story.SettleAsync(buffers: 0);

        // Enough for one buffer and its margins beside what is left, and then for both.
        await story.ReceiveAsync(Price.Over(4_000));
        await story.UntilRunningAsync(["high"]);
        await story.ExpectAsync(running: ["high"], paused: ["low"]);
        await story.ReceiveAsync(Price.Over(40_000));
        await story.UntilRunningAsync(["high", "low"]);
    }

    [Fact]
    [Incident("1.2.1")]
    public async Task By_a_transfer_of_everything_the_buffer_comes_back_and_carries_what_it_can()
    {
        await using var story = await BeginAsync(left: 2 * 90_000);
        await story.ActAsync(story.Payer, story.Account.SuperToken, TokenCalls.TransferAll(Chain.Accounts.Governor.Address));
        await story.LookAsync();
        await story.ExpectAsync(running: ["high"], paused: ["low"], isPredictable: false);
        await story.ReportPausedAsync("low", isPredictable: false);
        await story.SettleAsync(buffers: 1);
    }

    [Fact]
    public async Task By_another_flow_of_its_payer_the_pause_comes_as_much_earlier()
    {
        await using var story = await BeginAsync(left: 40_000);
        await story.ActAsync(story.Payer, FlowCalls.Create(story.Account.SuperToken, Chain.Accounts.Community.Address, FlowRate.FromWeiPerSecond(2 * PerSecond)));
        await story.LookAsync();
        await story.ExpectAsync(running: ["high", "low"], paused: []);

        await LowIsPausedAtTheMarginAsync(story, buffersLeft: 3);
    }

    [Fact]
    public async Task By_an_inflow_that_stops_the_pause_comes_when_the_rest_runs_out()
    {
        await using var story = await BeginAsync(left: 2 * 1_000);
        var sender = stepped.NextPayer();
        await story.ActAsync(sender, FlowCalls.Create(story.Account.SuperToken, story.Payer.Address, FlowRate.FromWeiPerSecond(3 * PerSecond)));
        await story.TravelAsync(TimeSpan.FromHours(1));
        await story.LookAsync();
        await story.ExpectAsync(running: ["high", "low"], paused: []);

        await story.ActAsync(sender, FlowCalls.Delete(story.Account.SuperToken, sender.Address, story.Payer.Address));
        await story.LookAsync();
        await story.ExpectAsync(running: ["high", "low"], paused: []);
        await LowIsPausedAtTheMarginAsync(story, buffersLeft: 1);
    }

    [Fact]
    public async Task By_a_raised_minimum_deposit_both_are_paused_since_lowering_one_flow_would_lock_more()
    {
        await using var story = await BeginAsync(left: 2 * 2_000);
        await story.SetMinimumDepositAsync(Buffer + Buffer + Buffer + Buffer);
        try
        {
            await story.RestartAsync();
            await story.TravelToAsync(secondsBeforeCritical: 899);
            await story.LookAsync();
            await story.ExpectAsync(running: [], paused: ["high", "low"]);
            await story.ReportPausedAsync("low", "high");
            await story.SettleAsync(buffers: 0);
        }
        finally
        {
            await story.SetMinimumDepositAsync(TokenAmount.Zero);
        }
    }

    [Fact]
    public async Task What_a_paused_vm_costs_is_closed_in_time_and_after_its_grace_the_vm_is_terminated()
    {
        await using var story = await BeginAsync(left: 2 * 2_000, pausedRate: PerSecond / 10, ("Gateway:Policy:Grace", "1.00:00:00"));
        await story.TravelToAsync(secondsBeforeCritical: 899);
        await story.LookAsync();
        await story.ReportPausedAsync("low");
        await story.UntilSettledAsync();
        await story.ActAsync(story.Payer, story.Account.SuperToken, TokenCalls.TransferAll(Chain.Accounts.Governor.Address));
        await story.LookAsync();
        await story.ReportPausedAsync("high", isPredictable: false);
        await story.UntilSettledAsync();
        Assert.Equal(TimeSpan.FromHours(1), (await story.BookAsync()).Account.Warnings.Threshold);

        // Both cost a tenth now. The first one's part is closed five minutes before, and its buffer carries the other.
        await story.TravelToAsync(secondsBeforeCritical: 299);
        await story.LookAsync();
        Assert.Equal((false, true), ((await story.LeaseAsync("high")).IsCutOff, (await story.LeaseAsync("low")).IsCutOff));
        await story.UntilSettledAsync();
        await story.TravelToAsync(secondsBeforeCritical: 299);
        await story.LookAsync();
        await story.ExpectAsync(running: [], paused: ["high", "low"]);
        await story.SettleAsync(buffers: 0);

        await story.TravelAsync(TimeSpan.FromDays(1));
        await story.UntilEndedAsync(["high", "low"]);
        var (high, low) = (await story.LeaseAsync("high"), await story.LeaseAsync("low"));
        Assert.Equal((LeaseState.Closed, Execution.Terminate, Reason.GraceExpired), (high.State, high.Execution, high.Reason));
        Assert.Equal((LeaseState.Closed, Execution.Terminate, Reason.GraceExpired), (low.State, low.Execution, low.Reason));
    }

    private static async Task LowIsPausedAtTheMarginAsync(DryStory story, int buffersLeft)
    {
        await story.TravelToAsync(secondsBeforeCritical: 899);
        await story.LookAsync();
        await story.ExpectAsync(running: ["high"], paused: ["low"]);
        await story.ReportPausedAsync("low");
        await story.SettleAsync(buffersLeft);
    }

    /// <summary>Two VMs on one node, both running, and so many seconds' worth of one of them left.</summary>
    private async Task<DryStory> BeginAsync(long left, long pausedRate = 0, params (string Key, string Value)[] settings)
    {
        var story = new DryStory(stepped, stepped.NextPayer(), settings);
        await story.RestartAsync();
        await story.OpenAsync("high", Price, priority: 1, pausedRate);
        await story.OpenAsync("low", Price, priority: 0, pausedRate);
        await story.UntilRunningAsync(["high", "low"]);
        await story.LeaveAsync(Price.Over((ulong)left));
        await story.LookAsync();
        return story;
    }
}
