using Gateway.Domain.Identity;
using Gateway.Domain.Statements;
using Xunit;

namespace Gateway.Domain.Tests.Statements;

public sealed class BillingPeriodTests
{
    [Theory]
    [InlineData(PeriodLength.Month, "2026-11-24T12:00:00.123Z", "2026-11", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")]
    [InlineData(PeriodLength.Month, "2026-12-31T23:59:59.999Z", "2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData(PeriodLength.Month, "2027-01-01T00:00:00Z", "2027-01", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z")]
    [InlineData(PeriodLength.Month, "2028-02-29T01:00:00+03:00", "2028-02", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z")]
    [InlineData(PeriodLength.Day, "2028-02-29T01:00:00+03:00", "2028-02-28", "2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z")]
    public void Every_instant_lies_in_one_period_of_the_calendar_in_utc(PeriodLength length, string at, string name, string from, string to)
    {
        var period = BillingPeriod.Containing(length, DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal((name, from, to), (period.Name, Text(period.From), Text(period.To)));
        Assert.Equal(period.To, period.Next.From);
    }

    [Theory]
    [InlineData("9999-12")]
    [InlineData("9999-12-31")]
    [InlineData("9999-01")]
    [InlineData("1969-12")]
    [InlineData("2026-13")]
    [InlineData("2026")]
    public void What_has_no_end_that_can_be_written_is_no_period(string name) => Assert.False(BillingPeriod.TryParse(name, out _));

    [Fact]
    public void The_last_period_has_an_end()
    {
        Assert.True(BillingPeriod.TryParse("9998-12", out var last));
        Assert.Equal("9999-01-01T00:00:00Z", Text(last.To));
    }

    private static string Text(BlockTime time) => time.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
