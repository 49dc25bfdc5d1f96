using CsCheck;
using Gateway.Server.Settlement;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class BackOffTests
{
    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 10)]
    [InlineData(6, 320)]
    [InlineData(7, 600)]
    [InlineData(1000, 600)]
    public void It_doubles_from_five_seconds_to_ten_minutes(int fails, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), BackOff.After(fails));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 5)]
    [InlineData(2, 10)]
    public void After_a_fruitless_slot_the_first_new_try_is_made_at_once(int fails, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), BackOff.AfterSlot(fails));

    [Fact]
    public void It_never_shrinks_with_more_failures_and_what_burns_money_is_looked_at_twice_a_minute() => Gen.Int[0, int.MaxValue - 1].Sample(fails =>
    {
        Assert.True(BackOff.After(fails) <= BackOff.After(fails + 1));
        Assert.True(BackOff.AfterSlot(fails) <= BackOff.AfterSlot(fails + 1));
        Assert.True(BackOff.WhileHeld(fails) <= TimeSpan.FromSeconds(30));
    });
}
