using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

public sealed class ExposureTests
{
    [Fact]
    public void It_grows_with_the_time_since_the_last_look_at_the_prices_of_what_may_run()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Open(Given.Lease("b", 7)).Settle().Report("a", Execution.Run).Report("b", Execution.Run);
        var seen = story.Book.Account.Health!.At.ToDateTimeOffset();

        Assert.Equal(Exposure.None, Exposure.Of(story.Book, seen));
        Assert.Equal(new Exposure(TimeSpan.FromMilliseconds(1_001), TokenAmount.FromWei(18)), Exposure.Of(story.Book, seen.AddMilliseconds(1_001)));
        Assert.Equal(TokenAmount.FromWei(7), Exposure.Of(story.Report("a", Execution.Pause).Book, seen.AddSeconds(1)).Amount);
    }

    [Fact]
    public void What_does_not_run_exposes_nobody()
    {
        var story = new Story().Open(Given.Lease("a", 10)).Settle().Report("a", Execution.Pause);

        Assert.Equal(Exposure.None, Exposure.Of(story.Book, Given.Now.AddYears(1)));
        Assert.Equal(Exposure.None, Exposure.Of(AccountBook.Empty(Given.Key), Given.Now));
    }
}
