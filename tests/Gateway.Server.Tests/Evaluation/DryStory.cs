using Gateway.Chain.Abi;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Xunit;

namespace Gateway.Server.Tests.Evaluation;

/// <summary>What happens to one payer whose money runs out, and what is expected of his VMs and of the chain.</summary>
internal sealed class DryStory(SteppedWorld stepped, DevAccount payer, (string Key, string Value)[] settings) : IAsyncDisposable
{
    private SteppedGateway? _gateway;
    private TokenAmount _rewards;

    public DevAccount Payer => payer;

    public AccountKey Account => new(SuperToken, payer.Address);

    /// <summary>Of which token; the same payer may have leases in both.</summary>
    public Address SuperToken { get; init; } = stepped.World.Chain.Tokens.Aleph;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DevnetChain Chain => stepped.World.Chain;

    private Address Node => Chain.Accounts.Payees[0].Address;

    private SteppedGateway Gateway => _gateway ?? throw new InvalidOperationException("Not started yet.");

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
    }

    /// <summary>Another process, which knows only what is stored.</summary>
    public async Task RestartAsync()
    {
        await DisposeAsync();
        _gateway = await stepped.NewGatewayWithAsync(
            TimeProvider.System,
            [KeyValuePair.Create("Gateway:Breakers:FirstBreak", (string?)"00:00:00.500"), .. settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))]);
        _rewards = await BalanceAsync(Chain.Framework.Toga);
    }

    public async Task OpenAsync(string id, FlowRate rate, int priority, long pausedRate)
    {
        var seen = await SeenAsync();
        var lease = Storage.Given.Lease(IdOf(id).Value, Account) with
        {
            Rate = rate,
            PausedRate = FlowRate.FromWeiPerSecond(pausedRate),
            Priority = priority,
            Payees = [new Payee(Node, SharePpm.FromPpm(SharePpm.Whole), "node")],
            OpenedAt = TimeProvider.System.GetUtcNow(),
        };
        await Gateway.Get<AccountSession>().ChangeAsync(Account, book => AccountMachine.Open(book, lease, seen), Cancellation);
    }

    /// <summary>The same payer and the same process, another of his tokens. The process is disposed of with the first story.</summary>
    public DryStory In(Address superToken) => new(stepped, payer, settings) { SuperToken = superToken, _gateway = _gateway, _rewards = _rewards };

    /// <summary>One look, as the deadline of the account would bring it.</summary>
    public async Task LookAsync() => await Gateway.Get<AccountEvaluator>().EvaluateAsync(Account, at: null, Cancellation);

    public async Task ReportPausedAsync(params string[] ids)
    {
        foreach (var id in ids)
            await ReportPausedAsync(id, isPredictable: true);
    }

    /// <param name="isPredictable">What dries the account up could be foreseen: no block may show it critical then.</param>
    public async Task ReportPausedAsync(string id, bool isPredictable)
    {
        var report = new ExecutionReport(Execution.Pause, TimeProvider.System.GetUtcNow(), DirectiveId: null);
        await Gateway.Get<AccountSession>().ChangeAsync(Account, book => AccountMachine.Report(book, IdOf(id), report), Cancellation);
        if (isPredictable)
            Assert.False(await IsCriticalAsync());
    }

    public async Task UntilRunningAsync(string[] ids)
    {
        while ((await Task.WhenAll(ids.Select(LeaseAsync))).Any(l => l.State != LeaseState.Active))
            await GoOnAsync();
    }

    public async Task UntilEndedAsync(string[] ids)
    {
        while ((await Task.WhenAll(ids.Select(LeaseAsync))).Any(l => !l.IsEnded))
            await GoOnAsync();
    }

    /// <summary>Until the chain is as the leases want it.</summary>
    public async Task UntilSettledAsync()
    {
        while ((await BookAsync()).Account.Flows.Values.Any(f => f.Desired != f.Observed.Rate))
            await GoOnAsync();
    }

    /// <summary>The chain is as the leases want it, so many buffers of a VM are still locked, and nobody got any of the others.</summary>
    public async Task SettleAsync(int buffers)
    {
        await UntilSettledAsync();
        var seen = await SeenAsync();
        // The chain rounds each deposit up to a multiple of 2^32.
        var expected = DepletionTests.Buffer.Wei * buffers;
        Assert.InRange(seen.BufferDeposit.Wei, expected, expected + (1L << 34));
        Assert.False(await IsCriticalAsync());
        Assert.Equal(_rewards, await BalanceAsync(Chain.Framework.Toga));
    }

    public async Task ExpectAsync(string[] running, string[] paused, bool isPredictable = true)
    {
        Assert.Equal(running.Select(id => (id, Execution.Run)), await ExecutionsAsync(running));
        Assert.Equal(paused.Select(id => (id, Execution.Pause)), await ExecutionsAsync(paused));
        if (isPredictable)
            Assert.False(await IsCriticalAsync());
    }

    /// <summary>What schedulers were told of this payer's leases, oldest first.</summary>
    public async Task<IReadOnlyList<(string Id, Execution Execution, Reason Reason)>> ToldAsync() =>
        [.. (await DirectivesAsync()).Select(d => (d.Lease.Value[..d.Lease.Value.IndexOf('-', StringComparison.Ordinal)], d.Execution, d.Reason))];

    /// <summary>By what each of them was explained.</summary>
    public async Task<IReadOnlyList<Evidence?>> EvidenceAsync() => [.. (await DirectivesAsync()).Select(d => d.Evidence)];

    /// <summary>A stranger closes the flow of an account that has turned critical.</summary>
    /// <returns>What the payer lost by that beyond what he streamed.</returns>
    public async Task<TokenAmount> LiquidateAsync(DevAccount by, ulong secondsAfterCritical)
    {
        var seen = await SeenAsync();
        var at = Solvency.CriticalAt(seen.AvailableBalance, seen.NetFlowRate, seen.At)!.Value.PlusSeconds(secondsAfterCritical); // Its flow runs.
        // His estimate, too, must see it critical.
        await Chain.Anvil.Control.MineAtAsync(new BlockTime(at.UnixSeconds - 1), Cancellation);
        await Chain.Anvil.Control.SetNextBlockTimeAsync(at, Cancellation);
        await ActAsync(by, FlowCalls.Delete(Account.SuperToken, payer.Address, Node));
        var streamed = seen.NetFlowRate.Outflow.Over(at.UnixSeconds - seen.At.UnixSeconds);
        var after = await SeenAsync();
        return seen.AvailableBalance + seen.BufferDeposit - streamed - after.AvailableBalance;
    }

    /// <summary>Gives away everything but so much.</summary>
    public async Task LeaveAsync(TokenAmount left)
    {
        var available = (await SeenAsync()).AvailableBalance;
        await ActAsync(payer, Account.SuperToken, TokenCalls.Transfer(Chain.Accounts.Governor.Address, available - left));
    }

    public Task ReceiveAsync(TokenAmount amount) => ActAsync(Chain.Accounts.Governor, Account.SuperToken, TokenCalls.Transfer(payer.Address, amount));

    /// <summary>Through the Host, as wallets do.</summary>
    public Task ActAsync(DevAccount from, byte[] flowCall) =>
        ActAsync(from, Chain.Contracts.Host, HostCalls.CallAgreement(Chain.Contracts.Cfa, flowCall, []));

    public async Task ActAsync(DevAccount from, Address to, byte[] call) =>
        Assert.True((await Chain.Sender.CallAsync(from, to, call, Cancellation)).Succeeded);

    public Task SetMinimumDepositAsync(TokenAmount minimum) => ActAsync(
        Chain.Accounts.Governor,
        Chain.Framework.Governance,
        ContractAbi.Load("TestGovernance").Function("setSuperTokenMinimumDeposit").Encode(Chain.Contracts.Host, Account.SuperToken, minimum.Wei));

    public async Task TravelAsync(TimeSpan by)
    {
        var head = await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation);
        await Chain.Anvil.Control.MineAtAsync(head.Block.Time.PlusSeconds((ulong)by.TotalSeconds), Cancellation);
    }

    public async Task TravelToAsync(ulong secondsBeforeCritical)
    {
        var seen = await SeenAsync();
        var critical = Solvency.CriticalAt(seen.AvailableBalance, seen.NetFlowRate, seen.At);
        Assert.NotNull(critical);
        await Chain.Anvil.Control.MineAtAsync(new BlockTime(critical.Value.UnixSeconds - secondsBeforeCritical), Cancellation);
    }

    public Task<AccountBook> BookAsync() => Gateway.Get<AccountStore>().LoadAsync(Account, Cancellation);

    public async Task<Lease> LeaseAsync(string id) => (await Gateway.Get<AccountStore>().FindLeaseAsync(Account, IdOf(id), Cancellation))!; // Opened before.

    private async Task<IReadOnlyList<StoredDirective>> DirectivesAsync() =>
        [.. (await Gateway.Get<DirectiveLog>().ReadAllAsync()).Where(d => d.Lease.Value.EndsWith($"-{payer.Address}", StringComparison.Ordinal))];

    private async Task GoOnAsync()
    {
        Cancellation.ThrowIfCancellationRequested();
        await Gateway.Get<SettlementStep>().RunOnceAsync(Cancellation);
        await LookAsync();
    }

    private async Task<IEnumerable<(string Id, Execution Execution)>> ExecutionsAsync(string[] ids)
    {
        var leases = await Task.WhenAll(ids.Select(LeaseAsync));
        return ids.Zip(leases, (id, lease) => (id, lease.Execution));
    }

    private LeaseId IdOf(string id) => LeaseId.Parse($"{id}-{payer.Address}");

    private async Task<AccountObservation> SeenAsync()
    {
        var head = (await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        return await Gateway.Get<ChainReader>().LookAsync(Account, [Node], head, Cancellation);
    }

    private async Task<bool> IsCriticalAsync()
    {
        var head = (await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        return await TokenViews.IsCritical(Account, head.Time).AskAsync(Chain.Anvil.Rpc, head.Number, Cancellation);
    }

    private async Task<TokenAmount> BalanceAsync(Address of)
    {
        var head = (await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        return await TokenViews.AvailableBalance(new AccountKey(Account.SuperToken, of), head.Time).AskAsync(Chain.Anvil.Rpc, head.Number, Cancellation);
    }
}
