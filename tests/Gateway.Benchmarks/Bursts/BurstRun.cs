using Gateway.Benchmarks.Chains;
using Gateway.Benchmarks.Load;
using Gateway.Benchmarks.Running;
using Gateway.Chain.Signing;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Server;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Leases.Requests;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Rebuilding;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Watching;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using MinedTransaction = Gateway.Benchmarks.Chains.MinedTransaction;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Benchmarks.Bursts;

/// <param name="Changes">Starts and stops.</param>
/// <param name="SecondsToEnd">From the last stop, when every lease is closed, until no flow runs.</param>
internal sealed record BurstFigures(int Changes, IReadOnlyList<MinedTransaction> Transactions, FlowMeasure Flows, int SecondsToEnd)
{
    public ulong Gas => Transactions.Aggregate(0UL, (sum, t) => sum + t.GasUsed);
}

/// <summary>The gateway's own parts on a chain whose clock is moved second by second, and theirs with it: an hour passes in minutes, and nothing else is different.</summary>
/// <remarks>Its loops do not run; what they would do in a second is done once in each: deadlines, settlement, a block, the watcher, settlement.</remarks>
internal sealed class BurstRun : IAsyncDisposable
{
    private const int MostSecondsToEnd = 600;

    private readonly DevnetWorld _world;
    private readonly FakeTimeProvider _time;
    private readonly WebApplication _app;
    private BlockRef _head;

    private BurstRun(DevnetWorld world, FakeTimeProvider time, WebApplication app, BlockRef head) => (_world, _time, _app, _head) = (world, time, app, head);

    public static async Task<BurstRun> StartAsync(BenchWorld bench, CancellationToken cancellationToken)
    {
        var world = bench.Devnet;
        await world.Chain.Anvil.Control.StopMiningAsync(cancellationToken);
        var head = (await world.Chain.Anvil.Rpc.GetLatestBlockAsync(cancellationToken)).Block;
        var time = new FakeTimeProvider(head.Time.ToDateTimeOffset());
        var app = GatewayApplication.Build([], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection(GatewaySettings.Of(world));
            builder.Configuration.AddInMemoryCollection([BenchWorld.LargeBudgetSetting]);
            builder.Services.AddSingleton<TimeProvider>(time);
        });
        await app.Services.GetRequiredService<ChainGate>().StartingAsync(cancellationToken);
        return new BurstRun(world, time, app, head);
    }

    public async Task<BurstFigures> RunAsync(IReadOnlyList<BurstVm> vms, IReadOnlyList<VmSwitch> switches, CancellationToken cancellationToken)
    {
        var from = _head;
        var flows = new FlowMeasure(_world, vms, from);
        await WatchAsync(cancellationToken);
        // A store that is empty may have lost something: the gateway reads the journal first, and leads the lane for that.
        while (!await Get<LaneHighWater>().IsJournalReadAsync(cancellationToken))
        {
            await SecondAsync(flows, cancellationToken);
            await Get<RebuildStep>().RunOnceAsync(cancellationToken);
        }

        foreach (var vm in vms)
            await OpenAsync(vm, cancellationToken);
        // Nothing is due before the VMs may run.
        for (var second = 0; second < 10; second++)
            await SecondAsync(flows, cancellationToken);

        var start = _time.GetUtcNow();
        foreach (var second in switches.GroupBy(s => (long)Math.Floor(s.At.TotalSeconds)).OrderBy(g => g.Key))
        {
            while (_head.Time.ToDateTimeOffset() < start + TimeSpan.FromSeconds(second.Key))
                await SecondAsync(flows, cancellationToken);
            foreach (var change in second)
            {
                _time.SetUtcNow(start + change.At);
                await ReportAsync(change, cancellationToken);
                flows.Switch(change, start + change.At);
            }
        }

        foreach (var vm in vms)
            await CloseAsync(vm, cancellationToken);
        var toEnd = 0;
        do
        {
            await SecondAsync(flows, cancellationToken);
        }
        while (++toEnd < MostSecondsToEnd && !flows.IsStill);
        var sent = await new OperatorHistory(_world.Chain.Anvil.Transport, _world.Chain.Accounts.Operator.Address).ReadAsync(from.Number, _head.Number, cancellationToken);
        return new BurstFigures(switches.Count, sent, flows, toEnd);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>One second of everybody.</summary>
    private async Task SecondAsync(FlowMeasure flows, CancellationToken cancellationToken)
    {
        var next = _head.Time.PlusSeconds(1);
        if (next.ToDateTimeOffset() > _time.GetUtcNow())
            _time.SetUtcNow(next.ToDateTimeOffset());
        for (var more = true; more;)
            more = (await Get<DeadlineStep>().RunOnceAsync(cancellationToken)).MayBeMore;
        await SettleAsync(cancellationToken);
        await _world.Chain.Anvil.Control.MineAtAsync(next, cancellationToken);
        _head = (await _world.Chain.Anvil.Rpc.GetLatestBlockAsync(cancellationToken)).Block;
        await WatchAsync(cancellationToken);
        await SettleAsync(cancellationToken);
        await flows.ReadAsync(_head, cancellationToken);
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        while ((await Get<WatcherStep>().RunOnceAsync(cancellationToken)).IsBehind)
            cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        while (await Get<SettlementStep>().RunOnceAsync(cancellationToken) == StepResult.Again)
            cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task OpenAsync(BurstVm vm, CancellationToken cancellationToken)
    {
        var request = new Wire.OpenLeaseRequest
        {
            LeaseId = vm.Lease,
            VmId = vm.Lease,
            Payer = Eip55.Format(vm.Payer),
            Token = "ALEPH",
            Price = new Wire.Price { FlowRate = vm.Rate.ToDecimal() },
            Payees =
            {
                new Wire.Payee { Address = Eip55.Format(vm.Node), SharePpm = TwoLegs.NodeShare, Role = "node" },
                new Wire.Payee { Address = Eip55.Format(_world.Chain.Accounts.Community.Address), SharePpm = TwoLegs.CommunityShare, Role = "community" },
            },
        };
        await Get<OpenLease>().RunAsync(OpenOrder.Read(request, Get<LeaseRules>()), cancellationToken);
    }

    private async Task ReportAsync(VmSwitch change, CancellationToken cancellationToken)
    {
        var request = new Wire.ReportExecutionRequest
        {
            LeaseId = change.Vm.Lease,
            Execution = change.Runs ? Wire.Execution.Run : Wire.Execution.Pause,
            At = Timestamp.FromDateTimeOffset(_time.GetUtcNow()),
        };
        await Get<ReportExecution>().RunAsync(ReportOrder.Read(request, Get<LeaseRules>()), cancellationToken);
    }

    private async Task CloseAsync(BurstVm vm, CancellationToken cancellationToken)
    {
        var request = new Wire.CloseLeaseRequest { LeaseId = vm.Lease, EndedAt = Timestamp.FromDateTimeOffset(_time.GetUtcNow()) };
        await Get<CloseLease>().RunAsync(CloseOrder.Read(request, Get<LeaseRules>()), cancellationToken);
    }

    private T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();
}
