using System.Numerics;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Storage;
using Gateway.Testing.History;
using Xunit;

namespace Gateway.Server.Tests.History;

public sealed class HistoryCheckerTests
{
    private static readonly Address Lane = Given.Address(0x0f);
    private static readonly Address Other = Given.Address(0x0e);
    private static readonly Address Payer = Given.Address(1);
    private static readonly FlowKey Flow = new(Given.Token, Payer, Given.Payee);

    private static readonly RecordedHistory Good = new(
        [new WantedRate(Flow, 1, Given.Rate(10)), new WantedRate(Flow, 2, Given.Rate(20)), new WantedRate(Flow, 5, Given.Rate(10)), new WantedRate(Flow, 6, FlowRate.Zero)],
        [Made(3, 10), Made(7, 10, by: Payer), Made(9, 0)],
        [new VerifiedRate(Flow, 1, new BlockNumber(3)), new VerifiedRate(Flow, 6, new BlockNumber(9))],
        new HashSet<Address> { Lane, Other },
        new HashSet<FlowKey> { Flow },
        [Wei.FromGwei(5), Wei.From(1)],
        LedgerNavax: 6,
        [Balance(Given.Payee, 0, 7), Balance(Given.Payee, 20, 7 + 60), Balance(Payer, 0, 1000), Balance(Payer, 20, 1000 - 60)]);

    [Fact]
    public void A_history_in_which_everything_is_as_it_should_be_is_not_complained_of() => Assert.Empty(HistoryChecker.Check(Good));

    [Fact]
    public void A_rate_that_comes_again_is_taken_for_the_newer_generation() => Assert.Empty(HistoryChecker.Check(
        Good with { Chain = [Made(3, 10), Made(4, 20), Made(5, 10), Made(9, 0)], Balances = [] }));

    [Fact]
    public void A_rescue_counts_as_what_is_left_at_its_end() => Assert.Empty(HistoryChecker.Check(
        Good with { Chain = [Made(3, 10), Made(9, 1), Made(9, 0) with { LogIndex = 4 }] }));

    [Fact]
    public void A_an_older_rate_after_a_newer_one_was_verified() => Complains(
        "(a)", Good with { Chain = [Made(3, 10), Made(4, 0), Made(12, 20), Made(13, 0)], Verified = [new VerifiedRate(Flow, 6, new BlockNumber(4))], Balances = [] });

    [Fact]
    public void A_rates_in_another_order_than_they_were_wanted() => Complains("(a)", Good with { Chain = [Made(3, 20), Made(4, 10), Made(5, 20), Made(9, 0)], Balances = [] });

    [Fact]
    public void A_a_rate_that_nobody_wanted() => Complains("(a)", Good with { Chain = [Made(3, 11), Made(9, 0)], Balances = [] });

    [Fact]
    public void B_an_acknowledged_change_that_was_never_made() => Complains("(b)", Good with { Chain = [Made(3, 10)], Verified = [], Balances = [] });

    [Fact]
    public void C_a_flow_that_two_lanes_have_changed() => Complains("(c)", Good with { Chain = [Made(3, 10), Made(9, 0, by: Other)] });

    [Fact]
    public void D_a_ledger_that_knows_of_less_than_was_paid() => Complains("(d)", Good with { LedgerNavax = 5 });

    [Fact]
    public void E_a_balance_that_is_one_wei_off() => Complains("(e)", Good with { Balances = [Balance(Given.Payee, 0, 7), Balance(Given.Payee, 20, 7 + 61)] });

    [Fact]
    public void F_and_G_directives_that_the_chain_explains_are_not_complained_of() => Assert.Empty(HistoryChecker.Check(WithExchanges(
        Run("a", 3), Run("b", 5), Pause("a", 7, Reason.FlowRateLowered, Given.Hash(7)))));

    [Fact]
    public void F_a_vm_that_is_told_to_run_on_what_another_one_uses() => Complains("(f)", WithExchanges(Run("a", 3), Run("b", 4)));

    [Fact]
    public void F_a_vm_that_is_told_to_run_on_what_a_paused_one_uses_until_it_stands() => Complains(
        "(f)", WithExchanges(Run("a", 3), Pause("a", 3, Reason.Isolated), Run("b", 4)));

    [Fact]
    public void F_a_vm_that_has_stopped_needs_nothing_any_more() => Assert.Empty(HistoryChecker.Check(
        WithExchanges(Run("a", 3), Pause("a", 3, Reason.Isolated), new Exchange.Stopped(LeaseId.Parse("a")), Run("b", 4))));

    [Fact]
    public void F_a_vm_that_is_told_to_run_before_its_flow_is_there() => Complains("(f)", WithExchanges(Run("a", 2)));

    [Fact]
    public void G_a_vm_that_is_paused_by_a_transaction_of_ours() => Complains(
        "(g)", WithExchanges(Run("a", 3), Pause("a", 5, Reason.FlowClosedByPayer, Given.Hash(5))));

    [Fact]
    public void G_a_vm_that_is_paused_in_a_block_that_shows_it_paid() => Complains("(g)", WithExchanges(Run("a", 3), Pause("a", 5, Reason.FlowClosedByOther)));

    // Ten for each of two leases: the first from block 3, both from block 5; the payer takes half away in block 7.
    private static RecordedHistory WithExchanges(params Exchange[] exchanges) => Good with
    {
        Wanted = [new WantedRate(Flow, 1, Given.Rate(10)), new WantedRate(Flow, 2, Given.Rate(20))],
        Chain = [Made(3, 10), Made(5, 20), Made(7, 10, by: Payer)],
        Verified = [],
        Settled = new HashSet<FlowKey>(),
        Balances = [],
        Exchanges = exchanges,
        Leases = [Recorded("a"), Recorded("b")],
    };

    private static Exchange.Told Run(string lease, ulong block) => new(LeaseId.Parse(lease), Execution.Run, Reason.Funded, new BlockNumber(block), Transaction: null);

    private static Exchange.Told Pause(string lease, ulong block, Reason reason, Hash32? transaction = null) =>
        new(LeaseId.Parse(lease), Execution.Pause, reason, new BlockNumber(block), transaction);

    private static RecordedLease Recorded(string id) => new(LeaseId.Parse(id), new Dictionary<FlowKey, FlowRate> { [Flow] = Given.Rate(10) });

    private static void Complains(string check, RecordedHistory history) => Assert.StartsWith(check, Assert.Single(HistoryChecker.Check(history)), StringComparison.Ordinal);

    // A block a second, from the payee's reading at second 0 on.
    private static ChainRate Made(ulong block, long rate, Address? by = null) =>
        new(Flow, Given.Rate(rate), by ?? Lane, new BlockNumber(block), new BlockTime(block), LogIndex: 2, Given.Hash((long)block));

    private static ReadBalance Balance(Address account, ulong at, long wei) => new(account, new BlockTime(at), TokenAmount.FromWei(new BigInteger(wei)));
}
