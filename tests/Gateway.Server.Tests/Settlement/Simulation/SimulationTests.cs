using System.Globalization;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>
/// The settlement's real loop, three replicas of it, on a simulated chain, lane and clock (chain-and-transactions.md §3 no. 3). tests/README.md says how to
/// run many seeds, or one again.
/// </summary>
public sealed class SimulationTests
{
    private const int Seeds = 200;

    public static TheoryData<string> Broken => [.. Variant.Broken.Keys];

    [Fact]
    public void Whatever_goes_wrong_nothing_is_done_twice_and_all_ends_as_it_should()
    {
        if (TestSettings.Get("GATEWAY_TEST_SIMULATION") is { } one)
        {
            Assert.Null(Simulations.Try(SimulationPlan.Parse(one), Variant.Real, out var result)?.ToString());
            TestContext.Current.TestOutputHelper!.WriteLine($"{result}");
            return;
        }

        var seeds = TestSettings.Get("GATEWAY_TEST_SIMULATION_SEEDS") is { } many ? int.Parse(many, CultureInfo.InvariantCulture) : Seeds;
        var report = Simulations.Run(seeds);

        TestContext.Current.TestOutputHelper!.WriteLine(report.ToString());
        Assert.True(report.Failures.Count == 0, report.ToString());
        // Runs in which nothing happens would prove nothing.
        Assert.True(report.Transactions > 5 * seeds, report.ToString());
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_gateway_that_is_broken_is_caught(string how)
    {
        var variant = Variant.Broken[how];
        // Some of what is broken shows in few stories only.
        var failed = Enumerable.Range(1, 4 * Seeds).Select(s => Simulations.Try(SimulationPlan.Of(s), variant, out _)).First(f => f is not null);

        Assert.Equal(how.Split(' ')[0], failed!.What);
    }

    [Fact]
    public void One_seed_is_always_one_story()
    {
        var plan = SimulationPlan.Of(7);

        Assert.Equal(SimulationRun.Run(plan, Variant.Real), SimulationRun.Run(plan, Variant.Real));
    }

    [Fact]
    public void A_failure_is_told_with_as_little_as_it_needs()
    {
        var variant = Variant.Broken["I8 somebody sends what he has not written"];
        var failed = Simulations.Try(SimulationPlan.Of(1), variant, out _);
        var shrunk = Simulations.Shrink(failed!, variant);

        Assert.Equal("I8", shrunk.What);
        Assert.Equal(FaultKinds.None, shrunk.Plan.Faults);
        Assert.InRange(shrunk.Plan.Actions.Count, 1, 3);
        var again = Simulations.Try(SimulationPlan.Parse(shrunk.Plan.ToString()), variant, out _);
        Assert.Equal(shrunk.Why.Message, again!.Why.Message);
    }
}
