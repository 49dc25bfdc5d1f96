using Gateway.Domain.Identity;
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
        Assert.Empty(stage.Repaired);
        Assert.True(stage is { DeathsBeforeSending: > 0, DeathsAfterSending: > 0 } && stage.Deaths > stage.DeathsBeforeSending + stage.DeathsAfterSending, "They died too seldom to prove anything.");

        Task PlaySomeAsync(int round) => HappenAsync(schedule, proof, round == 1 ? Events : Events / 4);
    }

    /// <summary>Two hours without a gateway, in which a payer gives his money away and a stranger ends his flows, while the VMs of all run on.</summary>
    [Fact]
    public async Task So_they_do_where_a_payer_was_liquidated_while_there_was_no_gateway()
    {
        await using var stage = await SteppedStage.StartAsync(world, new Random(3));
        var (payer, stranger) = (world.NextPayer(), world.NextPayer());
        var cast = ScheduleCast.Of(stage.World, [payer, world.NextPayer()]);
        var poor = cast.Accounts.Single(a => a == new AccountKey(stage.World.Chain.Tokens.Aleph, payer.Address));
        var (schedule, proof) = cast.On(stage);
        schedule.Poor = poor;
        await proof.BeginAsync();

        await ScheduleCast.PlayAsync(stage, schedule, proof, PlaySomeAsync, MostSecondsToEnd);

        await ScheduleCast.RequireUndisturbedAsync(stage, schedule, l => l.Account == poor);

        async Task PlaySomeAsync(int round)
        {
            await HappenAsync(schedule, proof, Events / 4);
            if (round > 1)
                return;
            await schedule.RunAsync(poor);
            await schedule.RunAsync(poor);
            await proof.CheckOnTheWayAsync();
            await stage.DieWhileAsync(async () => proof.Elsewhere[poor] = await new Ruin(stage, payer, stranger).HappenAsync(cast.Nodes));
            for (var seconds = 0; seconds < 5; seconds++)
                await stage.SecondAsync();
            await schedule.ObeyAsync();
            Assert.All(schedule.Leases.Where(l => l.Account == poor), l => Assert.False(l.Runs));
            await HappenAsync(schedule, proof, Events / 4);
        }
    }

    private static async Task HappenAsync(Schedule schedule, ScheduleProof proof, int events)
    {
        for (var i = 1; i <= events; i++)
        {
            await schedule.HappenAsync();
            if (i % 20 == 0)
                await proof.CheckOnTheWayAsync();
        }
    }
}
