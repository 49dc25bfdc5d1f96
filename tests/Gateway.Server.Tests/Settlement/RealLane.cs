using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Leases;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Storage;
using Gateway.Testing.Chains;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Gateway.Server.Tests.Settlement;

/// <summary>The gateway as it is built for production, on the real contracts and a real Redis. Its workers do not run: a test makes each step.</summary>
internal sealed class RealLane : IAsyncDisposable
{
    private readonly WebApplication _gateway;
    private readonly ChainFixture _chain;

    private RealLane(WebApplication gateway, ChainFixture chain) => (_gateway, _chain) = (gateway, chain);

    public AccountStore Accounts => _gateway.Services.GetRequiredService<AccountStore>();

    public DirectiveLog Directives => _gateway.Services.GetRequiredService<DirectiveLog>();

    public ILane Lane => _gateway.Services.GetRequiredService<ILane>();

    public LanePorts Ports => _gateway.Services.GetRequiredService<LanePorts>();

    public IReadOnlyCollection<TroubleState> Troubles => _gateway.Services.GetRequiredService<LaneTroubles>().Present;

    /// <summary>A process that leads at once, as if the claim of the one before had run out.</summary>
    /// <param name="settings">On its command line, after all others.</param>
    public static async Task<RealLane> StartAsync(
        ChainFixture chain,
        string redis,
        TimeProvider time,
        CancellationToken cancellationToken,
        Func<LanePorts, LanePorts>? around = null,
        IEnumerable<string>? settings = null)
    {
        var deployment = chain.Chain.Deployment;
        List<string> arguments =
        [
            $"--Gateway:Chain:ChainId={deployment.ChainId}",
            $"--Gateway:Chain:Endpoints:0:Url={chain.Chain.Anvil.Url}",
            $"--Gateway:Chain:Contracts:Host={deployment.Contracts.Host}",
            $"--Gateway:Chain:Contracts:Cfa={deployment.Contracts.Cfa}",
            $"--Gateway:Chain:Contracts:Gda={deployment.Contracts.Gda}",
            $"--Gateway:Chain:Contracts:CfaForwarder={deployment.Contracts.CfaForwarder}",
            .. deployment.Tokens.Select(t => $"--Gateway:Chain:Tokens:{t.Symbol}:Address={t.Address}"),
            $"--Gateway:Operator:PrivateKey={chain.Chain.Accounts.Operator.PrivateKey}",
            $"--Gateway:Redis:Connection={redis}",
            "--Gateway:Redis:AllowVolatile=true",
            // The clock here stands: what waited for others would wait for ever.
            "--Gateway:Settlement:CoalescingWindow=00:00:00",
            "--Gateway:Grpc:Url=http://127.0.0.1:0",
            "--Gateway:Http:Url=http://127.0.0.1:0",
            "--Logging:LogLevel:Default=None",
            .. settings ?? [],
        ];
        var gateway = GatewayApplication.Build([.. arguments], builder =>
        {
            builder.Services.AddSingleton(time);
            if (around is not null)
                builder.Services.AddSingleton(provider => around(ActivatorUtilities.CreateInstance<LanePorts>(provider)));
        });
        var facts = await new DeploymentCheck(deployment, chain.Rpc).RunAsync(cancellationToken);
        gateway.Services.GetRequiredService<ChainDirectory>().Take(facts);
        var lane = new RealLane(gateway, chain);
        await lane.DatabaseAsync(async database => await database.KeyDeleteAsync(lane.Keys.Leader));
        return lane;
    }

    public LaneKeys Keys => new(_chain.Chain.Deployment.ChainId, _chain.Chain.Accounts.Operator.Address);

    public async Task DatabaseAsync(Func<IDatabase, Task> use)
    {
        var multiplexer = await _gateway.Services.GetRequiredService<RedisConnection>().MultiplexerAsync(CancellationToken.None);
        await use(multiplexer.GetDatabase());
    }

    /// <summary>The operator has a past on this chain that this Redis never had, and that does not matter here.</summary>
    public async Task NothingWasLostAsync(CancellationToken cancellationToken)
    {
        var head = await Ports.Chain.HeadAsync(cancellationToken);
        await DatabaseAsync(d => d.HashSetAsync(Keys.HighWater, [new("consumed", head.Consumed.Value), new("block", head.Block.Number.Value), new("stamp", 1)]));
        var known = await Lane.ReadHighWaterAsync(newestConsumed: null, cancellationToken);
        await Lane.JournalReadAsync(head.Block.Number, known.QuietUntil, cancellationToken);
    }

    public Task<StepResult> StepAsync(CancellationToken cancellationToken) =>
        _gateway.Services.GetRequiredService<SettlementStep>().RunOnceAsync(cancellationToken);

    /// <summary>Looks at every account whose time has come.</summary>
    public Task AuditAsync(CancellationToken cancellationToken) => _gateway.Services.GetRequiredService<DeadlineStep>().RunOnceAsync(cancellationToken);

    /// <summary>Steps and blocks in turn until nothing is left to do.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken, int most = 40)
    {
        for (var i = 0; i < most; i++)
        {
            var result = await StepAsync(cancellationToken);
            if (result == StepResult.Idle && await IsCleanAsync(cancellationToken))
                return;
            await _chain.Control.MineAsync(cancellationToken);
        }

        throw new InvalidOperationException($"Not settled after {most} steps: {string.Join(", ", Troubles)}");
    }

    public async Task<bool> IsCleanAsync(CancellationToken cancellationToken)
    {
        var left = 0L;
        await DatabaseAsync(async d => left = await d.SortedSetLengthAsync(Keys.Dirty) + await d.SortedSetLengthAsync(Keys.Ready) + await d.SortedSetLengthAsync(Keys.Slots));
        return left == 0 && (await Ports.Accounts.MarksAsync(cancellationToken)).Count == 0;
    }

    public async Task OpenAsync(
        string id, DevAccount payer, FlowRate rate, IReadOnlyList<(Address Payee, uint Ppm)> payees, CancellationToken cancellationToken)
    {
        var account = new AccountKey(_chain.Chain.Tokens.Aleph, payer.Address);
        var lease = Given.Lease(id, account) with
        {
            Rate = rate,
            Payees = [.. payees.Select(p => new Payee(p.Payee, SharePpm.FromPpm(p.Ppm), "node"))],
        };
        var head = await _chain.Rpc.GetLatestBlockAsync(cancellationToken);
        var seen = await _gateway.Services.GetRequiredService<ChainReader>().LookAsync(account, payees.Select(p => p.Payee), head.Block, cancellationToken);
        await ChangeAsync(account, book => AccountMachine.Open(book, lease, seen), cancellationToken);
    }

    public Task ResizeAsync(string id, DevAccount payer, FlowRate rate, CancellationToken cancellationToken) => ChangeAsync(
        KeyOf(payer),
        book => AccountMachine.Update(book, LeaseId.Parse(id), new LeaseChange(rate, Priority: null, PausedRate: null, Given.Now, TraceParent: null)),
        cancellationToken);

    public Task CloseAsync(string id, DevAccount payer, CancellationToken cancellationToken) => ChangeAsync(
        KeyOf(payer), book => AccountMachine.Close(book, LeaseId.Parse(id), Given.Now.AddDays(1), traceParent: null), cancellationToken);

    public Task ReportAsync(string id, DevAccount payer, Execution execution, DateTimeOffset at, CancellationToken cancellationToken) => ChangeAsync(
        KeyOf(payer), book => AccountMachine.Report(book, LeaseId.Parse(id), new ExecutionReport(execution, at, DirectiveId: null)), cancellationToken);

    public Task LookAsync(DevAccount payer, CancellationToken cancellationToken) => Ports.Accounts.EvaluateAsync(KeyOf(payer), cancellationToken);

    public AccountKey KeyOf(DevAccount payer) => new(_chain.Chain.Tokens.Aleph, payer.Address);

    public async Task<Lease> LeaseAsync(string id, DevAccount payer, CancellationToken cancellationToken) =>
        await Accounts.FindLeaseAsync(KeyOf(payer), LeaseId.Parse(id), cancellationToken) ?? throw new InvalidOperationException($"There is no lease {id}.");

    public async Task<FlowReading> FlowAsync(DevAccount payer, Address payee, CancellationToken cancellationToken)
    {
        var head = await _chain.Rpc.GetBlockNumberAsync(cancellationToken);
        var flow = new FlowKey(_chain.Chain.Tokens.Aleph, payer.Address, payee);
        return await new AgreementViews(_chain.Contracts).Flow(flow).AskAsync(_chain.Rpc, head, cancellationToken);
    }

    public LaneStatus Status => _gateway.Services.GetRequiredService<LaneStatus>();

    public LeaseChanges Changes => _gateway.Services.GetRequiredService<LeaseChanges>();

    /// <summary>With all its workers, as a process runs.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _gateway.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _gateway.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private Task<SessionResult> ChangeAsync(AccountKey account, Func<AccountBook, Decision> decide, CancellationToken cancellationToken) =>
        _gateway.Services.GetRequiredService<AccountSession>().ChangeAsync(account, decide, cancellationToken);
}
