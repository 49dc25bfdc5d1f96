using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Money;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using StackExchange.Redis;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Operations;

[Collection(Hosted.Name)]
public sealed class OperationsTests(HostedGateway gateway)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Incident("1.7.2")]
    public async Task A_lease_that_is_held_by_hand_pauses_and_resumes_when_it_is_let_go()
    {
        var id = await OpenAsync();
        using var watch = gateway.Leases.WatchLeases(new ListLeasesRequest { Labels = { ["test"] = id } });

        var held = await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id, Why = "its host burns" });
        var again = await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id, Why = "it still does" });
        var listed = await gateway.Operations.ListBreakersAsync(new ListBreakersRequest { States = { BreakerState.Isolated } });
        await gateway.Operations.ReleaseLeaseAsync(new ReleaseLeaseRequest { LeaseId = id });
        var resumed = await watch.NextAsync(l => l.State == LeaseState.Active && l.Version > held.Version);
        var released = await gateway.Operations.ReleaseLeaseAsync(new ReleaseLeaseRequest { LeaseId = id });

        Assert.Equal((LeaseState.Paused, Execution.Pause, Reason.Isolated, BreakerState.Isolated), (held.State, held.Execution, held.Reason, held.Breaker.State));
        Assert.Equal(held.Version, again.Version);
        Assert.Contains(listed.Leases, l => l.LeaseId == id && l.Breaker.State == BreakerState.Isolated);
        Assert.Equal((Execution.Run, BreakerState.Closed), (resumed.Execution, resumed.Breaker.State));
        Assert.Equal(LeaseState.Active, released.State);
    }

    [Fact]
    public async Task A_lease_that_has_ended_cannot_be_held()
    {
        var id = await OpenAsync();
        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(id));

        var refused = await Ask.RefusedAsync(() => gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id }));

        Assert.Equal((StatusCode.FailedPrecondition, "REASON_CLOSED_BY_SCHEDULER"), (refused.Code, refused.Info.Reason));
    }

    [Fact]
    public async Task Breakers_of_dependencies_come_with_the_first_page_only()
    {
        await OpenAsync();
        await OpenAsync();

        var first = await gateway.Operations.ListBreakersAsync(new ListBreakersRequest { PageSize = 1 });
        var second = await gateway.Operations.ListBreakersAsync(new ListBreakersRequest { PageSize = 1, PageToken = first.NextPageToken });

        Assert.Equal(["redis", "rpc:anvil", "signer"], first.Dependencies.Select(d => d.Name).Order());
        Assert.All(first.Dependencies, d => Assert.Equal(BreakerState.Closed, d.Breaker.State));
        Assert.Single(first.Leases);
        Assert.Empty(second.Dependencies);
    }

    [Fact]
    [Incident("1.6.5")]
    public async Task A_history_tells_what_was_asked_seen_decided_told_and_answered()
    {
        var id = await OpenAsync();
        var started = TimeProvider.System.GetUtcNow();
        await gateway.Leases.ReportExecutionAsync(new ReportExecutionRequest { LeaseId = id, Execution = Execution.Run, At = Timestamp.FromDateTimeOffset(started) });
        await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id, Why = "its host burns" });

        var history = await gateway.Operations.ExplainLeaseAsync(new GetLeaseRequest { LeaseId = id });

        Assert.Equal(LeaseState.Paused, history.Lease.State);
        string[] kinds = ["request", "transaction", "observation", "directive", "report", "decision", "directive"];
        Assert.Equal(kinds, history.Entries.Select(e => e.Kind));
        Assert.Equal(history.Entries.Select(e => e.At.ToDateTimeOffset()).Order(), history.Entries.Select(e => e.At.ToDateTimeOffset()));
        Assert.All(history.Entries, e => Assert.Matches("^[0-9a-f]{32}$", e.TraceId));
        Assert.StartsWith("0x", history.Entries[1].Evidence.TransactionHash, StringComparison.Ordinal);
        Assert.Equal("its host burns", history.Entries[5].Evidence.Detail);
    }

    [Fact]
    public async Task The_lane_is_shown_with_its_leader_and_its_money()
    {
        await OpenAsync();

        var lane = Assert.Single((await gateway.Operations.GetSettlementAsync()).Lanes);

        Assert.Equal(Eip55.Format(gateway.World.Chain.Accounts.Operator.Address), lane.Operator);
        Assert.NotEqual("", lane.Leader);
        Assert.True(Wei.Parse(lane.NativeBalance) > Wei.Zero);
        Assert.True(Wei.Parse(lane.GasSpentToday) > Wei.Zero);
        Assert.True(lane.NextNonce > 0);
    }

    [Fact]
    public async Task What_changes_may_cost_is_set_by_hand_while_it_runs_and_taken_back_again()
    {
        var configured = Assert.Single((await gateway.Operations.GetSettlementAsync()).Lanes);
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId();

        var set = Assert.Single((await gateway.Operations.SetSettlementLimitsAsync(
            new SetSettlementLimitsRequest { Ceilings = new GasCeilings { Open = 77 }, DailyBudget = "123000000000", Paused = true })).Lanes);
        await gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, payer.Address, id, "1000"));
        var paused = Assert.Single((await gateway.Operations.GetSettlementAsync()).Lanes);
        var taken = Assert.Single((await gateway.Operations.SetSettlementLimitsAsync(new SetSettlementLimitsRequest())).Lanes);
        var opened = await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000"));

        Assert.Equal((77u, configured.Ceilings.Raise, "123000000000", true), (set.Ceilings.Open, set.Ceilings.Raise, set.GasBudgetToday, set.Paused));
        Assert.True(paused.Paused);
        Assert.Equal((configured.Ceilings, configured.GasBudgetToday, false), (taken.Ceilings, taken.GasBudgetToday, taken.Paused));
        Assert.Equal(LeaseState.Active, opened.State);
    }

    [Fact]
    public async Task Limits_that_redis_has_forgotten_are_shown_to_be_lost_and_degrade_the_gateway_until_they_are_set_again()
    {
        var before = await ReadyAsync();
        await gateway.Operations.SetSettlementLimitsAsync(new SetSettlementLimitsRequest { Ceilings = new GasCeilings { Open = 77 } });
        await using var admin = await ConnectionMultiplexer.ConnectAsync(gateway.World.Redis);
        var keys = new LaneKeys(gateway.World.Chain.Deployment.ChainId, gateway.World.Chain.Accounts.Operator.Address);
        await admin.GetDatabase().KeyDeleteAsync(keys.Limits);

        var lost = Assert.Single((await gateway.Operations.GetSettlementAsync()).Lanes);
        var degraded = await ReadyAsync();
        var confirmed = Assert.Single((await gateway.Operations.SetSettlementLimitsAsync(new SetSettlementLimitsRequest())).Lanes);

        Assert.NotNull(lost.LimitsLostAt);
        Assert.Equal("0", lost.GasSpentAssumed);
        Assert.Contains("settlement: Degraded. Redis has forgotten the limits", degraded, StringComparison.Ordinal);
        Assert.Null(confirmed.LimitsLostAt);
        Assert.StartsWith("Healthy", before, StringComparison.Ordinal);
        Assert.Contains("settlement: Healthy.", await ReadyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_out_of_range_are_refused_each_by_its_name_and_change_nothing()
    {
        var before = Assert.Single((await gateway.Operations.GetSettlementAsync()).Lanes);

        var refused = await Ask.RefusedAsync(() => gateway.Operations.SetSettlementLimitsAsync(
            new SetSettlementLimitsRequest { Ceilings = new GasCeilings { Trim = 1_000_001 }, DailyBudget = "-5", Paused = true }));

        Assert.Equal(StatusCode.InvalidArgument, refused.Code);
        Assert.Equal(["ceilings.trim", "daily_budget"], refused.Fields);
        Assert.Equal(before.Ceilings, Assert.Single((await gateway.Operations.GetSettlementAsync()).Lanes).Ceilings);
    }

    [Fact]
    public async Task Reconciling_finds_what_is_not_on_chain_yet_and_nothing_once_it_is()
    {
        var payer = await gateway.NewPayerAsync();
        var of = Eip55.Format(payer.Address);
        var id = Ask.NewId();
        var control = gateway.World.Chain.Anvil.Control;
        await control.StopMiningAsync(Cancellation);
        await gateway.Leases.OpenLeaseAsync(Ask.Open(gateway, payer.Address, id, "1000"));

        var asked = await gateway.Operations.ReconcileAsync(new ReconcileRequest { DryRun = true });
        var repaired = await gateway.Operations.ReconcileAsync(new ReconcileRequest());
        await control.MineOnDemandAsync(Cancellation);
        await control.MineAsync(Cancellation);
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000"));
        var settled = await gateway.Operations.ReconcileAsync(new ReconcileRequest { DryRun = true });

        var flow = Assert.Single(asked.Divergences, d => d.Payer == of && d.Payee == Eip55.Format(gateway.Node));
        Assert.Equal(("800", "0", "none", "ALEPH"), (flow.Wanted, flow.OnChain, flow.Repair, flow.Token));
        Assert.All(repaired.Divergences.Where(d => d.Payer == of), d => Assert.True(d.Repair is "queued" or "under way", d.Repair));
        Assert.NotEqual(0u, settled.FlowsChecked);
        Assert.DoesNotContain(settled.Divergences, d => d.Payer == of);
    }

    [Fact]
    [Incident("1.6.4")]
    public async Task Reconciling_reports_a_flow_of_ours_that_no_lease_explains()
    {
        // Somebody else's lease makes the community a payee of ours.
        await OpenAsync();
        var payer = await gateway.NewPayerAsync();
        var request = Ask.OpenAndWait(gateway, payer.Address, Ask.NewId(), "1000");
        request.Payees.RemoveAt(1);
        request.Payees[0].SharePpm = 1_000_000;
        await gateway.Leases.OpenLeaseAsync(request);
        await gateway.CallCfaAsync(payer, FlowCalls.Create(gateway.World.Chain.Tokens.Aleph, gateway.Community, FlowRate.FromWeiPerSecond(77)));

        var report = await gateway.Operations.ReconcileAsync(new ReconcileRequest());

        var orphan = Assert.Single(report.Divergences, d => d.Payer == request.Payer);
        Assert.Equal((Eip55.Format(gateway.Community), "0", "77", "orphan: reported"), (orphan.Payee, orphan.Wanted, orphan.OnChain, orphan.Repair));
    }

    private async Task<string> OpenAsync([System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var payer = await gateway.NewPayerAsync();
        var request = Ask.OpenAndWait(gateway, payer.Address, Ask.NewId(test), "1000");
        request.Labels.Add("test", request.LeaseId);
        return (await gateway.Leases.OpenLeaseAsync(request)).LeaseId;
    }

    private async Task<string> ReadyAsync()
    {
        using var http = new HttpClient(new SocketsHttpHandler(), disposeHandler: true);
        return await http.GetStringAsync(new Uri(gateway.World.HttpUrl, "readyz"), Cancellation);
    }
}
