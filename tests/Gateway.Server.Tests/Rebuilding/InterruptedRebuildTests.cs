using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Gateway.Chain.Signing;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Leases;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Requests;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Operations;
using Gateway.Server.Rebuilding;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using Gateway.Testing.Proxy;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gateway.Server.Tests.Rebuilding;

/// <summary>A rebuild in which something fails: what was done stays done, and one account's trouble stays its own.</summary>
public sealed class InterruptedRebuildTests(SteppedWorld stepped) : RebuildTest(stepped), IAsyncLifetime
{
    private const string Logs = "eth_getLogs";
    private const string Block = "eth_getBlockByNumber";

    private readonly ShiftedTime _time = new();

    private RpcProxy _proxy = null!; // Set before the test runs.

    public async ValueTask InitializeAsync()
    {
        var anvil = Stepped.World.Chain.Anvil;
        _proxy = await RpcProxy.StartAsync(anvil.Url, anvil.WebSocketUrl, new ProxyOptions { Time = _time });
    }

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task An_endpoint_that_fails_in_the_middle_of_the_journal_costs_what_it_was_asked_for_and_not_what_was_read_before()
    {
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_proxy]));
        await OpenAsync(gateway, "early", 1_000_000_000);
        await Stepped.World.Chain.Anvil.Transport.SendAsync(new RpcCall("anvil_mine", new JsonArray("0xbb8")), Cancellation);
        await EmptyAsync();
        var progress = new RebuildProgress(from: null);
        _proxy.Faults.Always(Logs, (request, next) => FromOf(request) < 1500 ? next(request) : NodeFaults.Refuse(-32000, "no logs today")(request, next));

        await Assert.ThrowsAnyAsync<ChainException>(() => RunAsync(gateway, progress));
        var reached = progress.Scan!.Next;
        var asked = new ConcurrentBag<ulong>();
        _proxy.Faults.Always(Logs, (request, next) =>
        {
            asked.Add(FromOf(request));
            return next(request);
        });
        var outcome = await RunAsync(gateway, progress);

        Assert.True(reached.Value >= 1000);
        Assert.All(asked, from => Assert.True(from >= reached.Value, $"block {from} was asked for again"));
        Assert.Contains(outcome.Leases, l => l.Lease.Id.Value == "early" && l.IsNew);
    }

    /// <summary>A loop that finishes no step for half a minute is taken for dead.</summary>
    [Fact]
    public async Task A_long_journal_is_read_in_several_steps_and_none_of_it_twice()
    {
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_proxy]));
        await OpenAsync(gateway, "long", 1_000_000_000);
        await Stepped.World.Chain.Anvil.Transport.SendAsync(new RpcCall("anvil_mine", new JsonArray("0xbb8")), Cancellation);
        await EmptyAsync();
        var (progress, asked, steps) = (new RebuildProgress(from: null), new ConcurrentBag<(ulong, string)>(), 1);
        _proxy.Faults.Always(Logs, (request, next) =>
        {
            _time.Advance(RebuildPass.Most);
            asked.Add((FromOf(request), request.Parameters[0]!["topics"]!.ToJsonString()));
            return next(request);
        });

        var outcome = await gateway.Get<RebuildPass>().RunAsync(progress, dryRun: false, Cancellation);
        var (first, isWhole) = (progress.Scan!.Next, outcome.IsWhole);
        for (; outcome.HasMore; steps++)
            outcome = await gateway.Get<RebuildPass>().RunAsync(progress, dryRun: false, Cancellation);

        Assert.Equal((1000UL, false), (first.Value, isWhole));
        Assert.True(steps >= 3, $"{steps} steps");
        Assert.Equal(asked.Count, asked.Distinct().Count());
        Assert.Contains(outcome.Leases, l => l.Lease.Id.Value == "long" && l.IsNew);
    }

    [Fact]
    public async Task An_account_that_the_chain_has_no_answer_for_is_told_of_and_tried_again_alone_and_until_then_the_journal_is_not_said_to_be_read()
    {
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_proxy]));
        var other = Stepped.NextPayer();
        await OpenAsync(gateway, "kept-back", 1_000_000_000);
        await OpenAsync(gateway, "fine", 2_000_000_000, other);
        var (here, there) = (await OperationOfAsync(gateway, Account), await OperationOfAsync(gateway, AccountOf(other)));
        await LoseAsync(gateway);
        var read = new ConcurrentBag<string>();
        _proxy.Faults.Always(Block, (request, next) =>
        {
            read.Add(request.Text(0)!);
            return request.Text(0) == Hex(here) ? Task.FromResult<Reply>(new Reply.Result(null)) : next(request);
        });

        await StepAsync(gateway);
        var first = await IsReadAsync(gateway);
        await StepAsync(gateway);
        var told = await gateway.Get<Rebuild>().RunAsync(dryRun: true, Cancellation);
        var (second, back) = (await IsReadAsync(gateway), await gateway.Get<AccountStore>().LoadAsync(AccountOf(other), Cancellation));
        var times = read.Count(b => b == Hex(there));
        _proxy.Faults.Clear();
        await StepAsync(gateway);

        Assert.Equal((false, false, true), (first, second, await IsReadAsync(gateway)));
        Assert.Equal((Eip55.Format(Payer.Address), "ALEPH", false), Assert.Single(told.FailedAccounts.Select(a => (a.Payer, a.Token, a.Unreadable))));
        Assert.Contains(told.Leases, l => l.LeaseId == "fine");
        Assert.Equal(["fine"], back.Leases.Keys.Select(l => l.Value));
        // Once by the first step for each of its two flows, once more for each by the dry run.
        Assert.Equal(4, times);
        Assert.Equal(["kept-back"], (await gateway.Get<AccountStore>().LoadAsync(Account, Cancellation)).Leases.Keys.Select(l => l.Value));
    }

    /// <summary>It would fail for ever.</summary>
    [Fact]
    public async Task An_account_that_fails_again_and_again_is_given_up_and_neither_opened_on_nor_said_to_be_gone_until_a_rebuild_restores_it()
    {
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_proxy]));
        var other = Stepped.NextPayer();
        await OpenAsync(gateway, "hopeless", 1_000_000_000);
        await OpenAsync(gateway, "easy", 2_000_000_000, other);
        var here = await OperationOfAsync(gateway, Account);
        await LoseAsync(gateway);
        _proxy.Faults.Always(Block, (request, next) => request.Text(0) == Hex(here) ? Task.FromResult<Reply>(new Reply.Result(null)) : next(request));

        var read = new List<bool>();
        for (var i = 0; i < RebuildProgress.MostTries; i++)
        {
            await StepAsync(gateway);
            read.Add(await IsReadAsync(gateway));
            _time.Advance(RebuildProgress.Patience / (RebuildProgress.MostTries - 1));
        }

        var gate = gateway.Get<JournalGate>();
        await gate.WaitAsync(AccountOf(other), Cancellation);
        await Assert.ThrowsAsync<JournalUnreadException>(() => gate.WaitAsync(Account, Cancellation));
        await Assert.ThrowsAsync<LeaseMayBeLostException>(() => CloseAsync(gateway, "hopeless"));
        var failed = (await gateway.Get<Rebuild>().RunAsync(dryRun: true, Cancellation)).FailedAccounts.Select(a => a.Payer).ToList();
        _proxy.Faults.Clear();
        var told = FailedToldBy(gateway);
        var mended = await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);
        await gate.WaitAsync(Account, Cancellation);
        await DatabaseAsync(database => database.KeyDeleteAsync(RedisKeys.Unclaimed)); // Of other tests there is more on this chain.
        await gateway.Get<SettlementStep>().RunOnceAsync(Cancellation);
        await gateway.Get<RebuildStep>().RunOnceAsync(Cancellation);
        var later = FailedToldBy(gateway);

        Assert.Equal([false, false, false, false, true], read);
        // Accounts of other tests may stand in the same block.
        Assert.Contains(Eip55.Format(Payer.Address), failed);
        Assert.DoesNotContain(Eip55.Format(other.Address), failed);
        Assert.Equal([failed.Count], told);
        Assert.Empty(later);
        Assert.Equal(["easy"], (await gateway.Get<AccountStore>().LoadAsync(AccountOf(other), Cancellation)).Leases.Keys.Select(l => l.Value));
        Assert.Contains(mended.Leases, l => l.LeaseId == "hopeless" && l.RestoredNow);
        await Assert.ThrowsAsync<LeaseNotFoundException>(() => CloseAsync(gateway, "nobodys"));
    }

    [Fact]
    public async Task A_stored_account_that_nobody_can_read_keeps_no_other_from_coming_back_and_none_of_its_leases_is_said_to_be_gone()
    {
        await using var gateway = await StartWithAsync(_time);
        var other = Stepped.NextPayer();
        await OpenAsync(gateway, "damaged", 1_000_000_000);
        await OpenAsync(gateway, "whole", 2_000_000_000, other);
        await LoseAsync(gateway);
        await DatabaseAsync(database => database.HashSetAsync(RedisKeys.Of(Account).Account, [new("version", 1), new("json", "{\"v\":1,")]));

        await StepAsync(gateway);
        var (isRead, told) = (await IsReadAsync(gateway), await gateway.Get<Rebuild>().RunAsync(dryRun: true, Cancellation));
        await Assert.ThrowsAsync<LeaseMayBeLostException>(() => CloseAsync(gateway, "damaged"));
        await DatabaseAsync(database => database.KeyDeleteAsync(RedisKeys.Of(Account).Account));
        var mended = await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);

        Assert.True(isRead);
        Assert.Equal((Eip55.Format(Payer.Address), true), Assert.Single(told.FailedAccounts.Select(a => (a.Payer, a.Unreadable))));
        Assert.Equal(["whole"], (await gateway.Get<AccountStore>().LoadAsync(AccountOf(other), Cancellation)).Leases.Keys.Select(l => l.Value));
        Assert.Empty(mended.FailedAccounts);
        Assert.Contains(mended.Leases, l => l.LeaseId == "damaged" && l.RestoredNow);
        await Assert.ThrowsAsync<LeaseNotFoundException>(() => CloseAsync(gateway, "nobodys"));
    }

    /// <summary>There is no other endpoint that could contradict it.</summary>
    [Fact]
    public async Task An_only_endpoint_that_has_lost_its_logs_is_asked_again_before_an_empty_journal_is_believed()
    {
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_proxy]));
        await OpenAsync(gateway, "unheard", 1_000_000_000);
        await LoseAsync(gateway);
        _proxy.Faults.Always(Logs, (_, _) => Task.FromResult<Reply>(new Reply.Result(new JsonArray())));

        await StepAsync(gateway);
        var first = await IsReadAsync(gateway);
        _proxy.Faults.Clear();
        await StepAsync(gateway);

        Assert.Equal((false, true), (first, await IsReadAsync(gateway)));
        Assert.Equal(["unheard"], (await gateway.Get<AccountStore>().LoadAsync(Account, Cancellation)).Leases.Keys.Select(l => l.Value));
    }

    [Fact]
    public async Task An_empty_journal_is_believed_when_the_only_endpoint_says_so_twice()
    {
        await using var gateway = await StartWithAsync(_time, ProxySettings.Of([_proxy]));
        // An operator who never sent anything has nothing to lose, and nobody would be asked.
        await OpenAsync(gateway, "empty", 1_000_000_007);
        await LoseAsync(gateway);
        _proxy.Faults.Always(Logs, (_, _) => Task.FromResult<Reply>(new Reply.Result(new JsonArray())));

        await StepAsync(gateway);
        await StepAsync(gateway);

        Assert.True(await IsReadAsync(gateway));
    }

    [Fact]
    public async Task A_deploy_block_that_the_chain_has_not_reached_stops_the_start_and_a_rebuild()
    {
        await using var gateway = await StartWithAsync(_time);
        var ahead = new BlockNumber(99_999_999);

        var start = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using var wrong = await StartWithAsync(_time, new KeyValuePair<string, string?>("Gateway:Chain:DeployBlock", "99999999"));
        });
        var rebuild = await Assert.ThrowsAsync<JournalAheadException>(() => RunAsync(gateway, new RebuildProgress(ahead)));

        Assert.Contains("before DeployBlock 99999999", Assert.Single(start.Failures), StringComparison.Ordinal);
        var problem = RefusalMapping.Of(rebuild);
        Assert.Equal((StatusCode.FailedPrecondition, "DEPLOY_BLOCK_AHEAD", "99999999"), (problem.Code, problem.Reason, problem.Metadata["required"]));
    }

    /// <summary>Everything is gone, which the leader has found out, and its quiet time is over.</summary>
    private async Task LoseAsync(SteppedGateway gateway)
    {
        await EmptyAsync();
        await gateway.Get<SettlementStep>().RunOnceAsync(Cancellation);
        await gateway.Get<SettlementStep>().RunOnceAsync(Cancellation);
        _time.Advance(LaneRecovery.Quiet + TimeSpan.FromSeconds(1));
    }

    private static async Task StepAsync(SteppedGateway gateway)
    {
        // It renews the leadership.
        await gateway.Get<SettlementStep>().RunOnceAsync(Cancellation);
        Assert.True(await gateway.Get<RebuildStep>().RunOnceAsync(Cancellation));
    }

    private static Task<bool> IsReadAsync(SteppedGateway gateway) => gateway.Get<LaneHighWater>().IsJournalReadAsync(Cancellation);

    private static Task<LeaseView> CloseAsync(SteppedGateway gateway, string id) => gateway.Get<CloseLease>().RunAsync(
        new CloseOrder(LeaseId.Parse(id), TimeProvider.System.GetUtcNow(), IsDated: false, Wait: null), Cancellation);

    private static async Task<BlockNumber> OperationOfAsync(SteppedGateway gateway, AccountKey account)
    {
        var progress = new RebuildProgress(from: null);
        await RunAsync(gateway, progress, dryRun: true);
        return progress.Scan!.Newest.First(o => o.Flow.Account == account).Block;
    }

    private static List<long> FailedToldBy(SteppedGateway gateway)
    {
        var (meters, told) = (gateway.Get<IMeterFactory>(), new List<long>());
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name == GatewayTelemetry.Instruments.RebuildFailedAccounts)
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => told.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();
        return told;
    }

    private static string Hex(BlockNumber block) => RpcRequest.Hex(block.Value);

    private static ulong FromOf(RpcRequest request) => RpcRequest.Number((string)request.Parameters[0]!["fromBlock"]!);
}
