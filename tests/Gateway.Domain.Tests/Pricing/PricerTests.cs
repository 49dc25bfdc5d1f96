using System.Numerics;
using CsCheck;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Pricing;

public sealed class PricerTests
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

    /// <summary>The price table of the closest peer, incidents.md §4.2.</summary>
    [Theory]
    [Incident("1.5.1")]
    [InlineData("0.011", "1", "3055555555555")]
    [InlineData("0.055", "1", "15277777777777")]
    [InlineData("0.055", "12", "183333333333333")]
    [InlineData("0.11", "1", "30555555555555")]
    [InlineData("0.28", "1", "77777777777777")]
    [InlineData("0.56", "1", "155555555555555")]
    [InlineData("0.56", "24", "3733333333333333")]
    [InlineData("0.000000977", "1", "271388888")]
    [InlineData("0.000000977", "20480", "5558044444444")]
    [InlineData("0.000000000000003599", "1", "0")]
    [InlineData("0.0000000000000036", "1", "1")]
    public void A_unit_costs_its_hourly_price_in_seconds_rounded_down(string price, string quantity, string rate)
    {
        var list = GivenPrices.ListOf(GivenPrices.Component("cu", price), GivenPrices.Component("one_wei", "0.0000000000000036"));

        var priced = Priced(list, GivenPrices.Of(("cu", quantity), ("one_wei", "1")));

        Assert.Equal(FlowRate.Parse(rate) + FlowRate.FromWeiPerSecond(1), priced.Rate);
    }

    /// <summary>Two parts that are both rounded down: 0.6 and 0.7 wei per second come to nothing each, not to one together.</summary>
    [Fact]
    public void Each_component_is_rounded_by_itself()
    {
        var list = GivenPrices.ListOf(
            GivenPrices.Component("a", "0.00000000000000216"), GivenPrices.Component("b", "0.00000000000000252"), GivenPrices.Component("c", "0.0000000000000036"));

        Assert.Equal("1", Priced(list, GivenPrices.Of(("a", "1"), ("b", "1"), ("c", "1"))).Rate.ToDecimal());
    }

    [Theory]
    [InlineData("20480", "15277777777777", "0")]
    [InlineData("20479", "15277777777777", "0")]
    [InlineData("20481", "15278049166665", "271388888")]
    [InlineData("40960", "20835822222221", "5558044444444")]
    public void What_is_included_costs_nothing_and_what_is_beyond_it_goes_on_while_paused(string storage, string rate, string paused)
    {
        var list = GivenPrices.ListOf(
            GivenPrices.Component("compute_units", "0.055"), GivenPrices.Component("storage_mib", "0.000000977", included: "20480", whilePaused: true));

        var priced = Priced(list, GivenPrices.Of(("compute_units", "1"), ("storage_mib", storage)));

        Assert.Equal((rate, paused), (priced.Rate.ToDecimal(), priced.PausedRate.ToDecimal()));
    }

    [Fact]
    public void What_cannot_be_priced_is_told_at_once_and_by_its_component()
    {
        var list = GivenPrices.ListOf(GivenPrices.Component("cu", "0.055", maximum: "12"), GivenPrices.Component("mib", "0.1"));

        Assert.Equal([(PriceProblemCode.UnknownPlan, null)], Problems(list, Resources.Of("q", [])));
        Assert.Equal(
            [(PriceProblemCode.AboveMaximum, "cu"), (PriceProblemCode.UnknownComponent, "gpu")], Problems(list, GivenPrices.Of(("gpu", "1"), ("cu", "13"), ("mib", "1"))));
        Assert.Equal([(PriceProblemCode.NothingToPay, null)], Problems(list, GivenPrices.Of()));
        Assert.Equal([(PriceProblemCode.NothingToPay, null)], Problems(list, GivenPrices.Of(("cu", "0"))));
        Assert.Equal([(PriceProblemCode.RateTooLarge, null)], Problems(list, GivenPrices.Of(("mib", "1000000000000000000"))));
        Assert.Equal((PriceProblemCode.TokenNotPriced, "cu"), Codes(Pricer.Price(list, GivenPrices.Of(("cu", "1")), GivenPrices.Usdc).Problems).Single());
        Assert.NotNull(Pricer.Price(list, GivenPrices.Of(("cu", "12")), GivenPrices.Aleph).Price);
    }

    [Fact]
    public void More_never_costs_less_nothing_is_negative_and_what_is_paused_never_costs_more() =>
        Gen.Select(AnyComponents, AnyQuantities, Gen.Int[0, 3], Gen.ULong[0, 1_000_000_000]).Sample((components, quantities, which, more) =>
        {
            var list = GivenPrices.ListOf([.. components, GivenPrices.Component("z", "1")]);
            var larger = quantities.ToArray();
            larger[which] += more;

            var (before, after) = (Priced(list, Of(quantities)), Priced(list, Of(larger)));

            Assert.True(before.Rate <= after.Rate && before.PausedRate <= after.PausedRate);
            Assert.True(before.PausedRate <= before.Rate);
        });

    [Fact]
    public void The_sum_of_floors_is_below_the_exact_price_by_less_than_a_wei_for_each_component() =>
        Gen.Select(AnyComponents, AnyQuantities).Sample((components, quantities) =>
        {
            var list = GivenPrices.ListOf([.. components, GivenPrices.Component("z", "1")]);
            var exact = BigInteger.Pow(10, 18);
            for (var i = 0; i < components.Length; i++)
                exact += components[i].Prices[GivenPrices.Aleph].WeiPerHour * Quantity.Of(quantities[i]).MinusFloored(components[i].Included).Units;

            var rate = (BigInteger)Priced(list, Of(quantities)).Rate.WeiPerSecond;

            Assert.InRange(rate * 3600, exact - (3600 * (components.Length + 1)) + 1, exact);
        });

    private static Gen<Component[]> AnyComponents { get; } = Gen.Select(Any.Unsigned(50), Gen.ULong[0, 100_000], Gen.Bool).Array[4].Select(parts => parts
        .Select((p, i) => GivenPrices.Component(Names[i], ExactDecimal.Format(p.Item1, ExactDecimal.Places), Quantity.Of(p.Item2).ToDecimal(), whilePaused: p.Item3)).ToArray());

    private static Gen<ulong[]> AnyQuantities { get; } = Gen.OneOf(Gen.ULong[0, 10], Gen.ULong[0, 1_000_000]).Array[4];

    private static Resources Of(ulong[] quantities) => Resources.Of(
        "p", quantities.Select((q, i) => KeyValuePair.Create(Names[i], Quantity.Of(q))).Append(KeyValuePair.Create("z", Quantity.Of(1))));

    private static ResourcePrice Priced(PriceList list, Resources resources)
    {
        var (price, problems) = Pricer.Price(list, resources, GivenPrices.Aleph);
        Assert.Empty(problems);
        return price!; // Without problems there is one.
    }

    private static IEnumerable<(PriceProblemCode, string?)> Problems(PriceList list, Resources resources) =>
        Codes(Pricer.Price(list, resources, GivenPrices.Aleph).Problems);

    private static IEnumerable<(PriceProblemCode, string?)> Codes(IEnumerable<PriceProblem> problems) => problems.Select(p => (p.Code, p.Component));
}
