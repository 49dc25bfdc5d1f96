using Gateway.Domain.Identity;
using Gateway.Server.Evaluation;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Storage;
using Gateway.Server.Tests.Watching;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Incidents;

/// <summary>One slow call for each of many machines held up a whole loop elsewhere. In a class of its own: what it fills Redis with is due in every other test, too.</summary>
public sealed class BoundedStepTests(SteppedWorld stepped) : ProxiedWatcherTest(stepped)
{
    [Fact]
    [Incident("1.3.4")]
    public async Task Of_ten_thousand_accounts_that_are_due_every_step_takes_a_bounded_number_and_none_is_left_out()
    {
        const int Many = 10_000;
        var payer = await WatchedPayerAsync();
        Time.Advance(TimeSpan.FromSeconds(61));
        await MineAsync(blocks: 1);
        var deadlines = Gateway.Get<AccountDeadlines>();
        await Task.WhenAll(Enumerable.Range(0, Many).Select(i => deadlines.BringForwardAsync(
            new AccountKey(World.Chain.Tokens.Aleph, Given.Address(1_000_000 + i)), Time.GetUtcNow(), Cancellation)));

        var (step, looked, isMore) = (Gateway.Get<DeadlineStep>(), 0, true);
        while (isMore)
        {
            (var some, isMore) = await step.RunOnceAsync(Cancellation);
            Assert.InRange(some, 0, 512);
            looked += some;
        }

        Assert.True(looked > Many, $"{looked} were looked at");
        Assert.Equal((await HeadAsync()).Block.Number, (await Gateway.Get<AccountStore>().LoadAccountAsync(AccountOf(payer), Cancellation)).Health!.Block);
    }
}
