using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public abstract class SettlementStepTests(StorageKind kind) : SettlementTest(kind)
{
    [Fact]
    public async Task Leases_of_many_payers_open_in_one_transaction()
    {
        var process = await StartAsync();
        for (var payer = 1; payer <= 10; payer++)
            await OpenAsync($"lease-{payer}", payer, 1000);

        await SettleAsync(process);

        Assert.Equal(1UL, Chain.Consumed);
        for (var payer = 1; payer <= 10; payer++)
        {
            AssertPaid(payer, 800, 200);
            Assert.Equal(LeaseState.Active, (await LeaseAsync($"lease-{payer}", payer)).State);
        }
    }

    [Fact]
    [Regression(30)]
    public async Task Two_leases_of_one_payer_share_their_flows()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await OpenAsync("two", 1, 500);

        await SettleAsync(process);

        AssertPaid(1, 1200, 300);
        Assert.Equal([1200], HistoryOf(1, Node));
    }

    [Fact]
    public async Task A_lease_is_opened_resized_and_closed()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        await ResizeAsync("one", 1, 2000);
        await SettleAsync(process);
        AssertPaid(1, 1600, 400);

        await CloseLeaseAsync("one", 1);
        await SettleAsync(process);

        AssertPaid(1, 0, 0);
        Assert.Equal([800, 1600, 0], HistoryOf(1, Node));
        Assert.Equal(LeaseState.Closed, (await LeaseAsync("one", 1)).State);
    }

    [Fact]
    [Incident("1.6.7")]
    public async Task A_flow_that_is_where_it_should_be_costs_nothing()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        await ResizeAsync("one", 1, 2000);
        await ResizeAsync("one", 1, 1000);

        await SettleAsync(process);

        Assert.Equal(1UL, Chain.Consumed);
        Assert.Equal(LeaseState.Active, (await LeaseAsync("one", 1)).State);
    }

    [Fact]
    public async Task A_revoked_permission_takes_out_its_payer_and_nobody_else()
    {
        var process = await StartAsync();
        for (var payer = 1; payer <= 5; payer++)
            await OpenAsync($"lease-{payer}", payer, 1000);
        Chain.Revoked.Add(Given.Address(3));

        await SettleAsync(process);

        Assert.Equal(1UL, Chain.Consumed);
        AssertPaid(3, 0, 0);
        AssertPaid(4, 800, 200);
        var refused = await LeaseAsync("lease-3", 3);
        Assert.Equal((LeaseState.Rejected, Reason.PermissionRevoked), (refused.State, refused.Reason));
    }

    [Fact]
    [Regression(27)]
    public async Task A_payee_that_refuses_costs_only_the_lease_that_pays_it()
    {
        var contract = Given.Address(0xb1);
        Chain.Refusing.Add(contract);
        var process = await StartAsync();
        await OpenAsync("good", 1, 1000);
        await OpenAsync("bad", 1, 1000, node: contract);

        await SettleAsync(process);

        AssertPaid(1, 800, 200);
        Assert.Equal(LeaseState.Active, (await LeaseAsync("good", 1)).State);
        Assert.Equal((LeaseState.Rejected, Reason.PayeeRejected), ((await LeaseAsync("bad", 1)).State, (await LeaseAsync("bad", 1)).Reason));
        Assert.Equal(contract, Assert.Single(Assert.Single(Accounts.Refusals).Payees));
    }

    [Fact]
    public async Task What_cannot_succeed_waits_longer_each_time()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        Chain.Revoked.Add(Given.Address(1));
        await ResizeAsync("one", 1, 2000);
        await process.StepAsync(Cancellation);

        // A running lease is not rejected: its raise waits 5 s, then 10 s.
        Assert.Empty(await DueAsync());
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(2, (await DueAsync()).Count);
        await process.StepAsync(Cancellation);
        Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Empty(await DueAsync());
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await DueAsync()).Count);
    }

    [Fact]
    public async Task A_flow_that_its_payer_closed_is_not_made_again_by_a_resize_that_does_not_know_of_it()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        Chain.PayerSets(FlowOf(1, Node), FlowRate.Zero);
        await ResizeAsync("one", 1, 2000);

        await SettleAsync(process);

        Assert.Equal([800], HistoryOf(1, Node));
        var lease = await LeaseAsync("one", 1);
        Assert.Equal((LeaseState.Paused, Reason.FlowClosedByPayer, Execution.Pause), (lease.State, lease.Reason, lease.Execution));
    }

    [Fact]
    [Regression(11)]
    public async Task Above_the_ceiling_opens_wait_and_stops_go()
    {
        var process = await StartAsync();
        // A price of some height, or the relative ceiling of five times the hour's average would hold the stop too.
        Chain.BaseFee = Wei.FromGwei(40);
        await OpenAsync("running", 1, 1000);
        await SettleAsync(process);
        Chain.BaseFee = Wei.FromGwei(120);
        await OpenAsync("new", 2, 1000);
        await CloseLeaseAsync("running", 1);

        await process.StepAsync(Cancellation);
        Chain.Mine();
        await process.StepAsync(Cancellation);

        AssertPaid(1, 0, 0);
        AssertPaid(2, 0, 0);
        Assert.Contains(LaneTrouble.GasAboveCeiling, process.Troubles);
        Chain.BaseFee = Wei.FromGwei(10);
        await SettleAsync(process);
        AssertPaid(2, 800, 200);
        Assert.DoesNotContain(LaneTrouble.GasAboveCeiling, process.Troubles);
    }

    [Fact]
    [Regression(42)]
    [Incident("1.6.9")]
    public async Task Without_native_coin_nothing_is_planned_until_it_is_filled_up()
    {
        Chain.Balance = Wei.From(1);
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await process.StepAsync(Cancellation);

        Assert.Contains(LaneTrouble.OutOfFunds, process.Troubles);
        Assert.Empty(Chain.Sent);
        Assert.Empty(await Lane.OpenSlotsAsync(Cancellation));
        Chain.Balance = Wei.From(Wei.FromGwei(1_000_000_000).Value);
        Time.Advance(TimeSpan.FromSeconds(5));
        await SettleAsync(process);
        AssertPaid(1, 800, 200);
        Assert.Empty(process.Troubles);
    }

    [Fact]
    public async Task Beyond_the_days_budget_the_slot_is_given_back_and_nothing_is_sent()
    {
        Settings.DailyBudgetNavax = 1;
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await process.StepAsync(Cancellation);

        Assert.Contains(LaneTrouble.OverBudget, process.Troubles);
        Assert.Empty(Chain.Sent);
        Assert.Empty(await Lane.OpenSlotsAsync(Cancellation));
        Settings.DailyBudgetNavax = 10_000_000_000;
        Time.Advance(TimeSpan.FromSeconds(5));
        await SettleAsync(process);
        AssertPaid(1, 800, 200);
    }

    [Fact]
    public async Task More_than_one_transaction_carries_goes_in_several_and_urgent_ones_first()
    {
        var process = await StartAsync();
        await OpenAsync("old", 99, 1000);
        await SettleAsync(process);
        for (var payer = 1; payer <= 60; payer++)
            await OpenAsync($"lease-{payer}", payer, 1000);
        await CloseLeaseAsync("old", 99);

        await process.StepAsync(Cancellation);
        Assert.Contains((await OnlySlotAsync()).Plan.Flows, f => f.Flow.Payer == Given.Address(99));
        await SettleAsync(process);

        Assert.InRange(Chain.Consumed, 3UL, 8UL);
        for (var payer = 1; payer <= 60; payer++)
            Assert.Equal([800], HistoryOf(payer, Node));
    }

    [Fact]
    public async Task A_change_while_a_slot_is_open_follows_in_the_next_one()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await process.StepAsync(Cancellation);
        await ResizeAsync("one", 1, 2000);
        await process.StepAsync(Cancellation);
        Assert.Equal([], HistoryOf(1, Node));

        await SettleAsync(process);

        Assert.Equal([800, 1600], HistoryOf(1, Node));
        Assert.Equal(2UL, Chain.Consumed);
    }

    [Fact]
    public async Task A_lease_that_is_closed_while_its_first_payment_is_under_way_leaves_nothing_flowing()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await process.StepAsync(Cancellation);
        await CloseLeaseAsync("one", 1);

        await SettleAsync(process);

        AssertPaid(1, 0, 0);
        Assert.Equal([800, 0], HistoryOf(1, Node));
    }

    [Fact]
    public async Task What_a_payer_added_by_himself_to_the_flow_of_a_lease_that_ended_stays()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await process.StepAsync(Cancellation);
        await CloseLeaseAsync("one", 1);
        Chain.Mine();
        Chain.PayerSets(FlowOf(1, Node), Given.Rate(5000));
        for (var i = 0; i < 5; i++)
        {
            await process.StepAsync(Cancellation);
            Chain.Mine();
        }

        // 800 were the lease's.
        AssertPaid(1, 4200, 0);
    }

    [Fact]
    public async Task The_journal_of_each_operation_names_the_leases_behind_it()
    {
        var vehicle = new HookedVehicle(Chain);
        var process = await StartAsync(Ports with { Vehicle = vehicle });
        await OpenAsync("one", 1, 1000);
        await OpenAsync("two", 1, 500);

        await SettleAsync(process);

        var legs = vehicle.Signed.ConvertAll(o => UserDataRecord.TryDecode(o.UserData.Span, out var journal) ? journal.Legs : []);
        Assert.Contains(legs, l => l.Select(x => (x.Lease.Value, (long)x.Rate.WeiPerSecond)).SequenceEqual([("one", 800L), ("two", 400L)]));
        Assert.Contains(legs, l => l.Select(x => (x.Lease.Value, (long)x.Rate.WeiPerSecond)).SequenceEqual([("one", 200L), ("two", 100L)]));
    }
}

[Collection(Kinds.Redis)]
public sealed class SettlementStep_on_redis(StandaloneRedis kind) : SettlementStepTests(kind);

[Collection(Kinds.Garnet)]
public sealed class SettlementStep_on_garnet(EmbeddedGarnetRedis kind) : SettlementStepTests(kind);
