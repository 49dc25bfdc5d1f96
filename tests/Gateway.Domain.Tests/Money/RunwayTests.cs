using CsCheck;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Money;

public sealed class RunwayTests
{
    [Theory]
    [InlineData(0UL, "0 s")]
    [InlineData(1UL, "1 s")]
    [InlineData(4294967295UL, "4294967295 s")]
    [InlineData(4294967296UL, "never")]
    [InlineData(ulong.MaxValue, "never")]
    public void Longer_than_the_chain_can_count_is_never(ulong seconds, string text) => Assert.Equal(text, Runway.FromSeconds(seconds).ToString());

    [Fact]
    public void Never_is_longer_than_any_number_of_seconds()
    {
        Assert.True(Runway.Never > Runway.FromSeconds(Runway.MaxSeconds));
        Assert.True(Runway.Never.IsNever);
        Assert.Null(Runway.Never.Seconds);
        Assert.Null(Runway.Never.ToTimeSpan());
        Assert.Equal(Runway.Zero, default);
        Assert.Equal(0UL, Runway.Zero.Seconds);
    }

    [Fact]
    public void Whole_seconds_of_a_duration_count()
    {
        Assert.Equal(Runway.FromSeconds(1), Runway.FromTimeSpan(TimeSpan.FromMilliseconds(1999)));
        Assert.Equal(Runway.Zero, Runway.FromTimeSpan(TimeSpan.FromSeconds(-5)));
        Assert.Equal(Runway.Never, Runway.FromTimeSpan(TimeSpan.MaxValue));
        Assert.Equal(TimeSpan.FromSeconds(90), Runway.FromSeconds(90).ToTimeSpan());
    }

    [Fact]
    public void It_is_ordered_by_its_seconds() => Gen.Select(Gen.ULong[0, Runway.MaxSeconds], Gen.ULong[0, Runway.MaxSeconds]).Sample((a, b) =>
    {
        var (left, right) = (Runway.FromSeconds(a), Runway.FromSeconds(b));
        Assert.Equal((a < b, a <= b, a > b, a >= b), (left < right, left <= right, left > right, left >= right));
        Assert.Equal(Math.Sign(a.CompareTo(b)), Math.Sign(left.CompareTo(right)));
    });
}
