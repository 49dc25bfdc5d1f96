using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Testing;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>Unknown is not unpaid: what follows while an account cannot be looked at.</summary>
public sealed class UnverifiedTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly ExposurePolicy FailClosed = new(Limit, FailClosed: true);

    /// <summary>The only look there was, one second after the start.</summary>
    private static readonly DateTimeOffset LastLook = Given.Now.AddSeconds(1);

    [Fact]
    [Incident("1.1.7")]
    public void A_funded_account_goes_on_running_until_the_exposure_limit()
    {
        Assert.Empty(Assess(Running(Story.Rich), FailClosed, LastLook + Limit));
    }

    [Fact]
    public void Beyond_the_exposure_limit_every_running_lease_is_paused_where_the_policy_fails_closed()
    {
        var verdict = Assert.Single(Assess(Running(Story.Rich), FailClosed, LastLook + Limit + TimeSpan.FromSeconds(1)));

        Assert.Equal((LeaseHealth.Bad, true, Reason.ChainUnreachable), (verdict.Health, verdict.IsCertain, verdict.Reason));
        Assert.NotNull(verdict.Evidence);
    }

    [Fact]
    public void Where_the_policy_fails_open_a_funded_account_runs_on_at_the_nodes_risk()
    {
        Assert.Empty(Assess(Running(Story.Rich), FailClosed with { FailClosed = false }, LastLook + TimeSpan.FromDays(1)));
    }

    [Fact]
    public void What_was_last_verified_predicts_the_second_of_the_pause_without_any_look()
    {
        // Balance for 2000 s at 10 wei/s; the pause margin is 900 s, so from 1100 s on nothing may run.
        var book = Running(balance: 20_000);
        var open = FailClosed with { FailClosed = false };

        Assert.Empty(Assess(book, open, LastLook.AddSeconds(1100)));
        var verdict = Assert.Single(Assess(book, open, LastLook.AddSeconds(1101)));
        Assert.Equal(Reason.RunwayLow, verdict.Reason);
        Assert.Equal(LastLook.AddSeconds(2001), verdict.UnpaidFrom);
    }

    [Fact]
    public void An_account_that_was_never_looked_at_says_nothing_about_its_leases()
    {
        var book = AccountBook.Empty(Given.Key).With(Given.Lease("a", 10));

        Assert.Empty(Assess(book, FailClosed, Given.Now.AddYears(1)));
    }

    private static AccountBook Running(long balance) => new Story().Open(Given.Lease("a", 10)).Settle(balance).Book;

    private static IReadOnlyList<LeaseVerdict> Assess(AccountBook book, ExposurePolicy exposure, DateTimeOffset now) =>
        AccountMachine.AssessUnverified(book, Given.Parameters, AccountPolicy.Default, exposure, now);
}
