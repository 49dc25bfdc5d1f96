using System.Globalization;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>The same with gateways as processes, on the wall clock: they are killed, and cut off from what they stand on. What they leave undone is nobody's choice.</summary>
/// <remarks><c>GATEWAY_TEST_SEED=N</c> plans the same schedule again; where in its work a process is killed, no seed says.</remarks>
public sealed class KilledScheduleTests
{
    private const int MostSecondsToEnd = 60;

    [Fact]
    public async Task What_gateways_leave_that_are_killed_is_exact_to_the_wei()
    {
        var seed = TestSettings.Get("GATEWAY_TEST_SEED") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Environment.ProcessId;
        TestContext.Current.TestOutputHelper?.WriteLine($"GATEWAY_TEST_SEED={seed}");
        await using var stage = await LiveStage.StartAsync(new Random(seed));
        var (schedule, proof) = ScheduleCast.Of(stage.World, stage.World.Chain.Accounts.Payers).On(stage);
        await proof.BeginAsync();

        await ScheduleCast.PlayAsync(stage, schedule, proof, round => WhileAsync(round == 1 ? MisfortunesAsync(stage) : stage.SecondsAsync(10), stage, schedule), MostSecondsToEnd);

        await ScheduleCast.RequireUndisturbedAsync(stage, schedule);
        Assert.True(stage.DeathsBeforeSending + stage.DeathsAfterSending > 0, "None was killed while it sent.");
    }

    private static async Task WhileAsync(Task something, LiveStage stage, Schedule schedule)
    {
        for (; !something.IsCompleted; await stage.SecondAsync())
        {
            for (var acts = 0; acts < 4; acts++)
                await schedule.ActAsync();
        }

#pragma warning disable VSTHRD003 // Begun for this: it fails where that failed.
        await something;
#pragma warning restore VSTHRD003
    }

    /// <summary>Some a lead is taken over from, some dies before it leads.</summary>
    private static async Task MisfortunesAsync(LiveStage stage)
    {
        await stage.SecondsAsync(4);
        await stage.DieSendingAsync(isSent: false, seconds: 8);
        await stage.SecondsAsync(12);
        await stage.IsolateAsync(fromRedis: true, seconds: 3);
        await stage.DieSomewhereAsync(seconds: 3);
        await stage.SecondsAsync(2);
        await stage.DieSomewhereAsync(seconds: 3);
        await stage.SecondsAsync(12);
        await stage.IsolateAsync(fromRedis: false, seconds: 3);
        await stage.DieSendingAsync(isSent: true, seconds: 8);
    }
}
