using System.Numerics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>Prices that change under a VM that runs, or is paused, at instants of their own.</summary>
public sealed class MeteredPriceTests
{
    private static readonly LeaseId Id = LeaseId.Parse("a");

    private AccountBook _book = AccountBook.Empty(Given.Key).With(Given.Lease("a", 10, community: true, pausedRate: 2));

    [Fact]
    public void A_resize_counts_from_when_it_took_effect_even_before_the_last_report()
    {
        Report(Execution.Run, 0);
        Report(Execution.Pause, 10);
        Update(rate: 30, pausedRate: null, effectiveAt: 4);

        Assert.Equal(4 * 10 + 6 * 30 + 5 * 2, UsedAt(15));
    }

    [Fact]
    public void A_resize_that_takes_effect_in_a_moment_does_not_count_before()
    {
        Report(Execution.Run, 0);
        Update(rate: 30, pausedRate: null, effectiveAt: 8);

        Assert.Equal((70, 8 * 10 + 2 * 30), (UsedAt(7), UsedAt(10)));
    }

    [Fact]
    public void A_resize_while_paused_counts_when_it_runs_again()
    {
        Report(Execution.Pause, 0);
        Update(rate: 30, pausedRate: null, effectiveAt: 4);
        Report(Execution.Run, 10);

        Assert.Equal(10 * 2 + 5 * 30, UsedAt(15));
    }

    [Fact]
    public void The_storage_rate_changes_while_paused_and_does_not_touch_what_it_costs_to_run()
    {
        Report(Execution.Pause, 0);
        Update(rate: null, pausedRate: 5, effectiveAt: 4);
        Report(Execution.Run, 10);

        Assert.Equal(4 * 2 + 6 * 5 + 5 * 10, UsedAt(15));
    }

    [Fact]
    public void Of_two_changes_each_counts_for_the_rate_that_it_names()
    {
        Report(Execution.Run, 0);
        Update(rate: 30, pausedRate: null, effectiveAt: 8);
        Update(rate: null, pausedRate: 5, effectiveAt: 4);
        Report(Execution.Pause, 12);

        Assert.Equal(8 * 10 + 4 * 30 + 3 * 5, UsedAt(15));
    }

    [Fact]
    public void While_it_is_cut_off_a_paused_vm_costs_nothing_whatever_its_storage_rate_becomes()
    {
        Report(Execution.Pause, 0);
        var lease = _book.Leases[Id];
        _book = _book.With(lease with { IsCutOff = true, Meter = lease.Meter.Priced(Given.Now.AddSeconds(10), p => p with { IsCutOff = true }) });
        Update(rate: null, pausedRate: 5, effectiveAt: 4);

        Assert.Equal(4 * 2 + 6 * 5, UsedAt(20));
    }

    [Fact]
    public void Each_payee_has_used_its_leg_of_the_price_of_each_millisecond()
    {
        Report(Execution.Run, 0);
        Update(rate: 33, pausedRate: null, effectiveAt: 4);
        Report(Execution.Pause, 10);
        var (lease, at) = (_book.Leases[Id], Given.Now.AddSeconds(15));

        // 20 % of 10, 33 and 2 wei/s, floored: 2, 6 and 0. The first payee owns what is left over.
        Assert.Equal((4 * 2 + 6 * 6) * 1000, lease.UsedFor(Given.Community, at).Value);
        Assert.Equal((4 * 8 + 6 * 27 + 5 * 2) * 1000, lease.UsedFor(Given.Node, at).Value);
        Assert.Equal(lease.Meter.UsedAt(at), lease.UsedFor(Given.Node, at) + lease.UsedFor(Given.Community, at));
        Assert.Equal(MilliWei.Zero, lease.UsedFor(Given.Payer, at));
    }

    [Fact]
    public void What_is_sealed_is_not_priced_anew()
    {
        Report(Execution.Run, 0);
        var lease = _book.Leases[Id];
        _book = _book.With(lease with { Meter = Sealing.Through(lease.Meter, lease.Payees, Given.Now.AddSeconds(10)).Meter });
        Update(rate: 30, pausedRate: null, effectiveAt: 4);

        Assert.Equal(10 * 10 + 5 * 30, UsedAt(15));
    }

    private BigInteger UsedAt(int seconds) => _book.Leases[Id].Meter.UsedAt(Given.Now.AddSeconds(seconds)).Value / 1000;

    private void Report(Execution execution, int afterSeconds) =>
        _book = AccountMachine.Report(_book, Id, new ExecutionReport(execution, Given.Now.AddSeconds(afterSeconds), DirectiveId: null)).Book;

    private void Update(int? rate, int? pausedRate, int effectiveAt) => _book = AccountMachine.Update(
        _book, Id, new LeaseChange(rate is { } r ? Given.Rate(r) : null, null, pausedRate is { } p ? Given.Rate(p) : null, Given.Now.AddSeconds(effectiveAt), TraceParent: null)).Book;
}
