using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Xunit;

namespace Gateway.Server.Tests.Evaluation;

/// <summary>Accounts that strangers liquidate while nobody looks, in each of the protocol's periods: what schedulers and payers are told, and what it cost, to the wei.</summary>
public sealed class LiquidationTests(SteppedWorld stepped) : IClassFixture<SteppedWorld>
{
    private static readonly FlowRate Price = FlowRate.FromWeiPerSecond(1_000_000_000_000);

    [Theory]
    [InlineData(60, "patrician")]
    [InlineData(3_600, "pleb")]
    [InlineData(15_000, "pirate")]
    public async Task A_liquidation_pauses_with_its_transaction_and_what_it_cost_and_a_top_up_resumes(ulong secondsAfterCritical, string period)
    {
        await using var story = await BeginAsync(stepped.World.Chain.Tokens.Aleph);
        await story.LeaveAsync(Price.Over(2 * 90_000));
        await story.LookAsync();

        var lost = await story.LiquidateAsync(stepped.NextPayer(), secondsAfterCritical);
        await story.LookAsync();

        var lease = await story.LeaseAsync("high");
        Assert.Equal((LeaseState.Paused, Reason.FlowLiquidated), (lease.State, lease.Reason));
        var ending = lease.Transactions[^1];
        Assert.Equal(lost.IsNegative ? TokenAmount.Zero : lost, ending.BufferLost);
        Assert.Equal(period is "pirate", lost.IsNegative);
        var told = (await story.ToldAsync()).Where(t => t.Execution == Execution.Pause).ToList();
        Assert.Equal([("high", Execution.Pause, Reason.FlowLiquidated), ("low", Execution.Pause, Reason.FlowLiquidated)], told.OrderBy(t => t.Id));
        var evidence = (await story.EvidenceAsync())[^1];
        Assert.Equal(ending.Hash, evidence!.TransactionHash);
        Assert.Contains($"{period} period", evidence.Detail, StringComparison.Ordinal);

        await story.ReportPausedAsync("high", isPredictable: false);
        await story.ReportPausedAsync("low", isPredictable: false);
        await story.ReceiveAsync(Price.Over(200_000));
        await story.UntilRunningAsync(["high", "low"]);
    }

    [Fact]
    public async Task Of_a_payer_with_two_tokens_only_the_vm_of_the_dry_one_is_paused()
    {
        var tokens = stepped.World.Chain.Tokens;
        await using var aleph = await BeginAsync(tokens.Aleph);
        var usdc = aleph.In(tokens.Usdcx);
        await usdc.OpenAsync("other", Price, priority: 0, pausedRate: 0);
        await usdc.UntilRunningAsync(["other"]);

        await aleph.LeaveAsync(Price.Over(2 * 2_000));
        await aleph.LookAsync();
        await aleph.TravelToAsync(secondsBeforeCritical: 899);
        await aleph.LookAsync();
        await usdc.LookAsync();

        await aleph.ExpectAsync(running: ["high"], paused: ["low"]);
        await usdc.ExpectAsync(running: ["other"], paused: []);
        Assert.Equal(["low"], (await aleph.ToldAsync()).Where(t => t.Execution == Execution.Pause).Select(t => t.Id));
    }

    [Fact]
    public async Task An_account_at_its_margin_does_not_flap()
    {
        await using var story = await BeginAsync(stepped.World.Chain.Tokens.Aleph);
        await story.LeaveAsync(Price.Over(2 * 2_000));
        await story.LookAsync();
        await story.TravelToAsync(secondsBeforeCritical: 899);
        await story.LookAsync();
        await story.ReportPausedAsync("low");
        await story.UntilSettledAsync();
        var told = await story.ToldAsync();

        // Drop by drop, each above what has run out meanwhile, and never enough for the margin with the hysteresis.
        for (var drop = 0; drop < 8; drop++)
        {
            await story.ReceiveAsync(Price.Over(30));
            await story.TravelAsync(TimeSpan.FromSeconds(20));
            await story.LookAsync();
        }

        Assert.Equal(told, await story.ToldAsync());
    }

    private async Task<DryStory> BeginAsync(Domain.Identity.Address superToken)
    {
        var story = new DryStory(stepped, stepped.NextPayer(), []) { SuperToken = superToken };
        await story.RestartAsync();
        await story.OpenAsync("high", Price, priority: 1, pausedRate: 0);
        await story.OpenAsync("low", Price, priority: 0, pausedRate: 0);
        await story.UntilRunningAsync(["high", "low"]);
        return story;
    }
}
