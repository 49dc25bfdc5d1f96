using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

public sealed class AccountDeadlineTests
{
    private static readonly TimeSpan Audit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    [Fact]
    [Incident("1.3.6")]
    public void Nobody_looks_again_at_an_account_on_which_nothing_depends()
    {
        Assert.Null(AccountDeadline.Next(AccountBook.Empty(Given.Key), AccountPolicy.Default, Audit, Given.Now));
    }

    [Fact]
    public void A_funded_account_is_looked_at_by_the_audit()
    {
        Assert.Equal(Given.Now + Audit, Next(new Story().Open(Given.Lease("a", 10)).Settle().Book));
    }

    [Fact]
    public void A_running_account_is_looked_at_when_its_pause_margin_begins()
    {
        // Looked at one second after the start, with 930 s at 10 wei/s: critical 932 s after the start, and 900 s of margin.
        var book = new Story().Open(Given.Lease("a", 10)).Settle(balance: 9_300).Book;

        Assert.Equal(Given.Now.AddSeconds(32), Next(book));
    }

    [Fact]
    public void A_doubt_is_settled_by_looking_again_at_once()
    {
        var book = new Story().Open(Given.Lease("a", 10)).Settle().Book;
        var lease = book.Leases.Values.Single();

        Assert.Equal(Given.Now + Soon, Next(book.With(lease with { Breaker = lease.Breaker with { Strikes = 1 } })));
    }

    [Theory]
    [InlineData(30, 30)]
    [InlineData(-1, 60)]
    public void A_probe_is_waited_for_once_and_not_looked_for_again_and_again(int probeIn, int lookIn)
    {
        var book = new Story().Open(Given.Lease("a", 10)).Settle().Book;
        var lease = book.Leases.Values.Single();
        var breaker = lease.Breaker with { State = BreakerState.Open, ProbeAt = Given.Now.AddSeconds(probeIn) };

        Assert.Equal(Given.Now.AddSeconds(lookIn), Next(book.With(lease with { State = LeaseState.Paused, Breaker = breaker })));
    }

    [Theory]
    [InlineData(LeaseState.Opening)]
    [InlineData(LeaseState.Updating)]
    [InlineData(LeaseState.Closing)]
    public void What_waits_only_for_a_look_gets_it_at_once(LeaseState state)
    {
        var book = new Story().Open(Given.Lease("a", 10)).Settle().Book;
        var lease = book.Leases.Values.Single();

        Assert.Equal(Given.Now + Soon, Next(book.With(lease with { State = state })));
    }

    [Fact]
    public void What_waits_for_settlement_is_told_by_settlement()
    {
        Assert.Equal(Given.Now + Audit, Next(new Story().Open(Given.Lease("a", 10)).Book));
    }

    private static DateTimeOffset? Next(AccountBook book) => AccountDeadline.Next(book, AccountPolicy.Default, Audit, Given.Now);
}
