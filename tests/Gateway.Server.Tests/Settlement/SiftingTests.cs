using CsCheck;
using Gateway.Server.Settlement;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class SiftingTests
{
    [Fact]
    public async Task A_batch_that_passes_costs_one_simulation()
    {
        var chain = new FakeChain([]);

        var sifted = await Sifting.SiftAsync(Enumerable.Range(0, 30).ToList(), chain.WhyNot, mostCulprits: 8);

        Assert.Equal(30, sifted.Passing.Count);
        Assert.Equal(1, chain.Calls);
    }

    [Fact]
    [Regression(27)]
    public async Task A_single_culprit_among_thirty_is_found_in_seven_simulations()
    {
        var chain = new FakeChain([17]);

        var sifted = await Sifting.SiftAsync(Enumerable.Range(0, 30).ToList(), chain.WhyNot, mostCulprits: 8);

        Assert.Equal([17], sifted.Culprits.Select(c => c.Item));
        Assert.Equal("17 fails", sifted.Culprits[0].Why);
        Assert.Equal(Enumerable.Range(0, 30).Where(i => i != 17), sifted.Passing);
        Assert.InRange(chain.Calls, 1, 7);
    }

    [Fact]
    public async Task More_culprits_than_the_round_may_have_leave_the_rest_for_the_next_one()
    {
        var chain = new FakeChain([.. Enumerable.Range(0, 30)]);

        var sifted = await Sifting.SiftAsync(Enumerable.Range(0, 30).ToList(), chain.WhyNot, mostCulprits: 3);

        Assert.Equal([0, 1, 2], sifted.Culprits.Select(c => c.Item));
        Assert.Empty(sifted.Passing);
        Assert.Equal(27, sifted.Unknown.Count);
    }

    [Fact]
    public Task Whatever_fails_the_passing_ones_pass_together_and_nobody_is_lost() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, 40].HashSet[0, 10]).SampleAsync(async (count, bad) =>
        {
            var chain = new FakeChain(bad);

            var sifted = await Sifting.SiftAsync(Enumerable.Range(0, count).ToList(), chain.WhyNot, mostCulprits: 12);

            Assert.Equal(Enumerable.Range(0, count).Where(i => !bad.Contains(i)), sifted.Passing);
            Assert.Equal(Enumerable.Range(0, count).Where(bad.Contains), sifted.Culprits.Select(c => c.Item));
            Assert.Empty(sifted.Unknown);
        });

    /// <summary>Executes in order and stops at the first failing item, as a batch call does.</summary>
    private sealed class FakeChain(HashSet<int> bad)
    {
        public int Calls { get; private set; }

        public Task<string?> WhyNot(IReadOnlyList<int> items)
        {
            Calls++;
            var first = items.Where(bad.Contains).Select(i => (int?)i).FirstOrDefault();
            return Task.FromResult(first is { } i ? $"{i} fails" : null);
        }
    }
}
