using System.Numerics;
using CsCheck;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Leases;

public sealed class LegsTests
{
    [Fact]
    [Incident("1.5.2")]
    public void Legs_add_up_to_the_wei_and_only_the_first_payee_gets_more_than_his_floor() =>
        Gen.Select(Any.Rate(), Any.Payees).Sample(
            (total, payees) =>
            {
                var legs = Legs.Split(total, payees);
                Assert.Equal((BigInteger)total.WeiPerSecond, legs.Aggregate(BigInteger.Zero, (sum, leg) => sum + leg.WeiPerSecond));
                for (var i = 0; i < payees.Length; i++)
                {
                    var floor = (BigInteger)total.WeiPerSecond * payees[i].Share.Value / SharePpm.Whole;
                    var over = legs[i].WeiPerSecond - floor;
                    Assert.True(i == 0 ? over >= 0 && over < payees.Length : over.IsZero);
                }
            },
            iter: 100_000);

    /// <summary>incidents.md §4.3: two floors give …221 and …555, one wei per second short in every tier.</summary>
    [Theory]
    [InlineData("15277777777777", "12222222222222", "3055555555555")]
    [InlineData("1", "1", "0")]
    [InlineData("4", "4", "0")]
    [InlineData("5", "4", "1")]
    public void Eighty_to_twenty_leaves_the_remainder_with_the_node(string total, string node, string community)
    {
        Payee[] payees = [new(Any.AddressOf(1), SharePpm.FromPpm(800_000), "node"), new(Any.AddressOf(2), SharePpm.FromPpm(200_000), "community")];
        Assert.Equal([node, community], Legs.Split(FlowRate.Parse(total), [.. payees]).Select(l => l.ToDecimal()));
    }

    [Fact]
    public void Shares_that_do_not_add_up_are_a_mistake()
    {
        var most = new Payee(Any.AddressOf(1), SharePpm.FromPpm(999_999), "node");
        var rest = new Payee(Any.AddressOf(2), SharePpm.FromPpm(2), "community");
        Assert.Throws<ArgumentException>(() => Legs.Split(FlowRate.Max, []));
        Assert.Throws<ArgumentException>(() => Legs.Split(FlowRate.Max, default));
        Assert.Throws<ArgumentException>(() => Legs.Split(FlowRate.Max, [most]));
        Assert.Throws<ArgumentException>(() => Legs.Split(FlowRate.Max, [most, rest]));
    }
}
