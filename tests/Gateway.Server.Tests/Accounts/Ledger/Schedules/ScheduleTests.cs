using Gateway.Server.Tests.Hosting;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>
/// Random schedules at irregular milliseconds, told by gRPC to gateways that die in the middle of what they do: use by the test's own arithmetic, what was streamed
/// by the balances on the real contracts, and what is carried between the two, all to the wei.
/// </summary>
public sealed class ScheduleTests(SteppedWorld world) : IClassFixture<SteppedWorld>
{
    private const int Events = 80;
    private const int MostSecondsToEnd = 300;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_was_used_what_was_streamed_and_what_is_carried_agree_to_the_wei(int seed)
    {
        await using var stage = await SteppedStage.StartAsync(world, new Random(seed));
        var cast = ScheduleCast.Of(stage.World, [world.NextPayer(), world.NextPayer(), world.NextPayer()]);
        var (schedule, proof) = cast.On(stage);
        await proof.BeginAsync();

        await ScheduleCast.PlayAsync(stage, schedule, proof, PlaySomeAsync, MostSecondsToEnd);

        await ScheduleCast.RequireUndisturbedAsync(stage, schedule);
        Assert.True(stage is { DeathsBeforeSending: > 0, DeathsAfterSending: > 0 } && stage.Deaths > stage.DeathsBeforeSending + stage.DeathsAfterSending, "They died too seldom to prove anything.");

        async Task PlaySomeAsync(int round)
        {
            for (var i = 1; i <= (round == 1 ? Events : Events / 4); i++)
            {
                await schedule.HappenAsync();
                if (i % 20 == 0)
                    await proof.CheckOnTheWayAsync();
            }
        }
    }
}
