using CsCheck;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class ConsumptionWitnessTests
{
    private static readonly Nonce Asked = new(5);

    private readonly ConsumptionWitness _witness = new();

    [Fact]
    public void Two_endpoints_that_say_so_are_enough_at_once() => Assert.True(IsConsumed(10, 6, 7));

    [Fact]
    public void The_only_one_that_answers_must_say_so_at_a_later_block_again()
    {
        Assert.False(IsConsumed(10, 6));
        Assert.False(IsConsumed(10, 6));
        Assert.True(IsConsumed(11, 6));
    }

    [Fact]
    public void One_that_contradicts_keeps_it_open_and_starts_the_count_anew()
    {
        Assert.False(IsConsumed(10, 6));
        Assert.False(IsConsumed(11, 6, 5));
        Assert.False(IsConsumed(12, 6));
        Assert.True(IsConsumed(13, 6));
    }

    [Fact]
    public void One_that_takes_it_back_starts_the_count_anew()
    {
        Assert.False(IsConsumed(10, 6));
        Assert.False(IsConsumed(11, 5));
        Assert.False(IsConsumed(12, 6));
    }

    [Fact]
    public void Another_nonce_is_another_question()
    {
        Assert.False(IsConsumed(10, 6));
        Assert.False(_witness.IsConsumed(new Nonce(4), [new Nonce(6)], new BlockNumber(11)));
        Assert.False(IsConsumed(12, 6));
    }

    [Fact]
    public void Whatever_the_endpoints_say_over_time_a_nonce_is_never_taken_for_consumed_on_one_word_at_one_block() =>
        Gen.Select(Gen.ULong[0, 8].List[1, 3], Gen.ULong[100, 103]).List[1, 12].Sample(looks =>
        {
            var witness = new ConsumptionWitness();
            (int Answered, ulong Block)? alone = null;
            foreach (var (counts, block) in looks)
            {
                var words = counts.Count(c => c > Asked.Value);
                var isConsumed = witness.IsConsumed(Asked, [.. counts.Select(c => new Nonce(c))], new BlockNumber(block));
                if (isConsumed && words < 2)
                    Assert.True(words == 1 && counts.Count == 1 && alone is { } before && before.Block < block);
                if (words < 2)
                    alone = words == 1 && counts.Count == 1 ? alone ?? (1, block) : null;
            }
        });

    private bool IsConsumed(ulong block, params ulong[] counts) => _witness.IsConsumed(Asked, [.. counts.Select(c => new Nonce(c))], new BlockNumber(block));
}
