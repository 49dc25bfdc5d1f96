using System.Numerics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

public sealed class EconomicPolicyTests
{
    // One coin is worth two of the token; a tenth of a day's payment may be gas.
    private static readonly EconomicPolicy Policy =
        new(TokenAmount.FromWei(2 * BigInteger.Pow(10, 18)), TimeSpan.FromDays(1), SharePpm.FromPpm(100_000));

    [Theory]
    [InlineData(4320)] // A tenth of 86,400 to the wei.
    [InlineData(0)]
    public void Gas_up_to_the_share_is_borne(long gas) => Assert.Null(Policy.Judge(Given.Rate(1), Wei.From(gas)));

    [Fact]
    public void A_wei_more_is_refused_with_the_least_value_that_would_do()
    {
        var refusal = Policy.Judge(Given.Rate(1), Wei.From(4321));

        Assert.Equal((RefusalCode.Uneconomic, "86420", "86400"), (refusal!.Code, refusal.Required, refusal.Present));
    }

    [Fact]
    public void In_doubt_the_gas_is_dearer()
    {
        var cheapToken = Policy with { WorthOfNative = TokenAmount.FromWei(1) };

        Assert.NotNull((cheapToken with { Horizon = TimeSpan.FromSeconds(9) }).Judge(Given.Rate(1), Wei.From(1)));
        Assert.Null((cheapToken with { Horizon = TimeSpan.FromSeconds(10) }).Judge(Given.Rate(1), Wei.From(1)));
    }
}
