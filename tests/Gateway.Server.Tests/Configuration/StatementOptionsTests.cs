using Gateway.Domain.Statements;
using Gateway.Server.Configuration;
using Xunit;

namespace Gateway.Server.Tests.Configuration;

/// <summary>How long details are kept, as an operator writes it.</summary>
public sealed class StatementOptionsTests
{
    [Theory]
    [InlineData(PeriodLength.Month, 400, true)]
    [InlineData(PeriodLength.Month, 62, true)]
    [InlineData(PeriodLength.Month, 61, false)]
    [InlineData(PeriodLength.Day, 2, true)]
    [InlineData(PeriodLength.Day, 1, false)]
    public void Details_are_kept_for_two_periods_at_least(PeriodLength period, int days, bool isRight)
    {
        var result = new StatementOptionsValidator().Validate(name: null, new StatementOptions { Period = period, KeepDetails = TimeSpan.FromDays(days) });

        Assert.Equal(isRight, result.Succeeded);
        if (!isRight)
            Assert.Contains("Gateway:Statements:KeepDetails", Assert.Single(result.Failures!), StringComparison.Ordinal); // It failed.
    }
}
