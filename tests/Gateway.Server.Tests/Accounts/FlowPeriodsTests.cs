using CsCheck;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Accounts;

public sealed class FlowPeriodsTests
{
    private static readonly BlockTime From = new(1_000);
    private static readonly BlockTime To = new(2_000);

    [Fact]
    public void Periods_are_the_integral_second_by_second_whatever_changes_when() =>
        Gen.Select(Gen.Int[0, 5].Array[2], Gen.Select(Gen.Int[0, 1], Gen.Int[0, 5], Gen.ULong[1, 1000]).List[0, 30]).Sample((starts, changes) =>
        {
            var ordered = changes.OrderBy(c => c.Item3).Select((c, i) => new RateChange(Payee(c.Item1), Given.Rate(c.Item2), From.PlusSeconds(c.Item3), Given.Hash(i))).ToList();
            var rates = starts.Select(r => Given.Rate(r)).ToArray();
            var standing = rates.Select((rate, i) => new FlowStart(Payee(i), rate, OpenedBy: null)).Where(s => !s.Rate.IsZero);

            var periods = FlowPeriods.Of(standing, ordered, From, To);

            var expected = TokenAmount.Zero;
            for (var second = From; second < To; second = second.PlusSeconds(1))
            {
                foreach (var change in ordered.Where(c => c.At == second))
                    rates[change.Payee == Payee(0) ? 0 : 1] = change.Rate;
                expected += rates[0].Over(1) + rates[1].Over(1);
            }

            Assert.Equal(expected, periods.Aggregate(TokenAmount.Zero, (sum, p) => sum + p.Streamed));
            Assert.All(periods, p => Assert.True(p.From >= From && p.To <= To && p.From < p.To && !p.Rate.IsZero));
        });

    private static Address Payee(int number) => Given.Address(0xb0 + number);
}
