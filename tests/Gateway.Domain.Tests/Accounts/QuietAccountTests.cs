using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

public sealed class QuietAccountTests
{
    private static readonly TimeSpan Audit = TimeSpan.FromSeconds(60);

    private static readonly AccountGlance Seen = new(
        new BlockNumber(7), new BlockTime(1000), TokenAmount.FromWei(5_000), TokenAmount.FromWei(14_400), NetFlowRate.FromWeiPerSecond(-3), new BlockTime(900), Given.FullGrant);

    public static TheoryData<string, AccountGlance> Changed => new()
    {
        { "balance", Expected with { AvailableBalance = TokenAmount.FromWei(4_971) } },
        { "buffer", Expected with { BufferDeposit = TokenAmount.FromWei(14_401) } },
        { "net rate", Expected with { NetFlowRate = NetFlowRate.FromWeiPerSecond(-4) } },
        { "a flow for another one", Expected with { LastChanged = new BlockTime(1001) } },
        { "grant", Expected with { Grant = Given.FullGrant with { CanDelete = false } } },
        { "an older block", Expected with { Block = new BlockNumber(6) } },
        { "an older second", Seen with { At = new BlockTime(999), AvailableBalance = TokenAmount.FromWei(5_003) } },
    };

    private static AccountGlance Expected => Seen with { Block = new BlockNumber(9), At = new BlockTime(1010), AvailableBalance = TokenAmount.FromWei(4_970) };

    [Fact]
    public void A_balance_that_ran_on_as_predicted_is_no_change() => Assert.True(Seen.IsContinuedBy(Expected));

    [Theory]
    [MemberData(nameof(Changed))]
    public void Whatever_differs_calls_for_a_full_look(string what, AccountGlance later) => Assert.False(Seen.IsContinuedBy(later), what);

    [Fact]
    public void A_funded_account_whose_flows_are_where_they_should_be_is_quiet()
    {
        var book = Settled().Book;

        var quiet = QuietAccount.Of(book, AccountPolicy.Default, Audit, Given.Now.AddSeconds(1));

        Assert.NotNull(quiet);
        Assert.Equal((book.Account.Health!.At, book.Account.Health.AvailableBalance), (quiet.Seen.At, quiet.Seen.AvailableBalance));
        Assert.Equal(book.Account.Health.FlowsReadAt.ToDateTimeOffset() + (Audit * QuietAccount.FullLookEvery), quiet.FullLookAt);
    }

    [Fact]
    public void A_glance_verifies_the_flows_as_well_so_that_a_doubt_after_it_begins_there()
    {
        var account = Settled().Book.Account;

        var later = account.VerifiedBy(Seen with { Block = new BlockNumber(5_000) });

        Assert.All(later.Flows.Values, f => Assert.Equal(new BlockNumber(5_000), f.ObservedAt));
        Assert.Equal(new BlockNumber(5_000), later.Health!.Block);
        Assert.Equal(account.Flows.Values.Select(f => f.Observed), later.Flows.Values.Select(f => f.Observed));
    }

    [Fact]
    public void A_margin_that_begins_before_calls_for_a_full_look_then()
    {
        // Looked at one second after the start, with 1,200 s at 10 wei/s: critical 1,202 s after the start, and 900 s of margin.
        var quiet = QuietAccount.Of(Settled(balance: 12_000).Book, AccountPolicy.Default, Audit, Given.Now);

        Assert.Equal(Given.Now.AddSeconds(302), quiet?.FullLookAt);
    }

    [Fact]
    public void A_margin_that_begins_before_the_next_audit_leaves_nothing_to_glance_at() =>
        Assert.Null(QuietAccount.Of(Settled(balance: 9_300).Book, AccountPolicy.Default, Audit, Given.Now));

    [Fact]
    public void Before_its_flows_are_settled_it_is_not_quiet() => Assert.Null(Quiet(new Story().Open(Given.Lease("a", 10)).Book));

    [Fact]
    public void After_a_long_time_every_flow_is_read_again()
    {
        var book = Settled().Book;
        var later = Given.Now + (Audit * QuietAccount.FullLookEvery);

        Assert.Null(QuietAccount.Of(book, AccountPolicy.Default, Audit, later));
    }

    /// <summary>Another change within that second would leave the record of the last change as it is.</summary>
    [Fact]
    public void A_flow_that_changed_in_the_second_in_which_it_was_read_is_read_again()
    {
        var book = Settled().Book;
        var health = book.Account.Health! with { LastChanged = book.Account.Health.FlowsReadAt };

        Assert.Null(Quiet(book with { Account = book.Account with { Health = health } }));
    }

    [Theory]
    [InlineData(LeaseState.Opening)]
    [InlineData(LeaseState.Updating)]
    [InlineData(LeaseState.Closing)]
    public void What_is_under_way_is_not_quiet(LeaseState state)
    {
        var book = Settled().Book;

        Assert.Null(Quiet(book.With(book.Leases.Values.Single() with { State = state })));
    }

    [Fact]
    public void A_doubt_is_not_quiet()
    {
        var book = Settled().Book;
        var lease = book.Leases.Values.Single();

        Assert.Null(Quiet(book.With(lease with { Breaker = lease.Breaker with { Strikes = 1 } })));
    }

    [Theory]
    [InlineData(Reason.FlowClosedByPayer, -1, true)]
    [InlineData(Reason.FlowClosedByPayer, 1, false)]
    [InlineData(Reason.ChainUnreachable, -1, false)]
    [InlineData(Reason.SettlementStalled, -1, false)]
    [InlineData(Reason.GasAboveCeiling, -1, false)]
    public void A_paused_lease_is_quiet_unless_it_recovers_by_what_a_glance_cannot_see(Reason reason, int net, bool isQuiet)
    {
        var book = Settled().Book;
        var lease = book.Leases.Values.Single();
        var paused = lease with { State = LeaseState.Paused, Breaker = lease.Breaker with { State = BreakerState.Open, Reason = reason } };
        var health = book.Account.Health! with { NetFlowRate = NetFlowRate.FromWeiPerSecond(net) };

        Assert.Equal(isQuiet, Quiet(book.With(paused) with { Account = book.Account with { Health = health } }) is not null);
    }

    [Fact]
    public void An_account_of_which_it_is_not_known_when_it_changed_is_not_quiet()
    {
        var book = Settled().Book;

        Assert.Null(Quiet(book with { Account = book.Account with { Health = book.Account.Health! with { LastChanged = default } } }));
    }

    private static QuietAccount? Quiet(AccountBook book) => QuietAccount.Of(book, AccountPolicy.Default, Audit, Given.Now);

    private static Story Settled(long balance = Story.Rich) => new Story().Open(Given.Lease("a", 10)).Settle(balance);
}
