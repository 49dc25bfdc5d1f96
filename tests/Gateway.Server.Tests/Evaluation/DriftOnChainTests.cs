using System.Numerics;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Accounts;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Evaluation;

/// <summary>Streamed, used and carried on the real contracts, second by second: the chain's own balances are the measure.</summary>
public sealed class DriftOnChainTests(SteppedWorld stepped) : IClassFixture<SteppedWorld>, IAsyncLifetime
{
    private const long Price = 1_000_000_000_007;

    private readonly ObservedClock _time = new();
    private readonly List<Lease> _ended = [];
    private SteppedGateway? _gateway;
    private DevAccount? _payer;
    private BigInteger _paidBefore;
    private BigInteger _earnedBefore;
    private ulong _now;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SteppedGateway Gateway => _gateway ?? throw new InvalidOperationException("Not started yet.");

    private AccountKey Account => new(stepped.World.Chain.Tokens.Aleph, (_payer ?? throw new InvalidOperationException("Not started yet.")).Address);

    private Address Node => stepped.World.Chain.Accounts.Payees[0].Address;

    private Address Community => stepped.World.Chain.Accounts.Community.Address;

    public async ValueTask InitializeAsync()
    {
        _payer = stepped.NextPayer();
        var head = (await stepped.World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        _now = Math.Max(head.Time.UnixSeconds + 10, (ulong)_time.GetUtcNow().ToUnixTimeSeconds());
        _time.SetUtcNow(DateTimeOffset.FromUnixTimeSeconds((long)_now));
        await stepped.World.Chain.Anvil.Control.MineAtAsync(new BlockTime(_now), Cancellation);
        _gateway = await stepped.NewGatewayWithAsync(_time, []);
        (_paidBefore, _earnedBefore) = (await OwnedAsync(Account.Payer), await OwnedAsync(Node) + await OwnedAsync(Community));
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task In_bursts_of_every_length_all_that_was_streamed_is_used_or_carried_to_the_wei()
    {
        foreach (var (run, seconds, milliseconds) in new[] { (0, 2, 250), (1, 0, 999), (2, 7, 1), (3, 31, 500), (4, 1, 77) })
        {
            var id = $"burst-{run}";
            await OpenAsync(id, Price + run);
            await PassUntilAsync(async () => (await LeaseAsync(id)).State == LeaseState.Active);
            await ReportAsync(id, Execution.Run, milliseconds);
            await PassAsync(seconds);
            await ExpectAllIsToldAsync();
            await CloseAsync(id, milliseconds / 2);
            await PassUntilAsync(async () => (await LeaseAsync(id)).IsEnded);
            _ended.Add(await LeaseAsync(id));
        }

        await ExpectAllIsToldAsync();
        var book = await BookAsync();
        Assert.Empty(book.Account.Flows);
        var shown = await Gateway.Get<AccountDesk>().GetAccountAsync(new Wire.GetAccountRequest { Payer = Account.Payer.ToString(), Token = "ALEPH" }, Cancellation);
        Assert.Equal(book.Account.Carried.Total.ToDecimal(), shown.Carried);
        Assert.Equal(book.Account.Carried.ByPayee.Select(c => (Eip55.Format(c.Key), c.Value.ToDecimal())), shown.Drifts.Select(d => (d.Payee, d.Drift)));
        Assert.NotEqual("0", shown.Carried);
    }

    [Fact]
    public async Task What_is_owed_flows_on_and_the_last_close_leaves_less_than_one_seconds_worth()
    {
        await OpenAsync("owed", Price);
        await PassUntilAsync(async () => (await LeaseAsync("owed")).State == LeaseState.Active);
        await ReportAsync("owed", Execution.Run, 0);
        await PassAsync(10);
        // For eight seconds it was used at three times the price, and the chain did not pay that.
        await ChangeAsync(book => AccountMachine.Update(
            book, IdOf("owed"), new LeaseChange(FlowRate.FromWeiPerSecond(3 * Price), Priority: null, PausedRate: null, _time.GetUtcNow().AddSeconds(-8), TraceParent: null)));
        await PassAsync(5);
        Assert.True((await DriftAsync(Node)).Amount < MilliWei.Zero);

        await CloseAsync("owed", 0);
        await PassAsync(2);
        Assert.Equal(LeaseState.Closing, (await LeaseAsync("owed")).State);
        Assert.False((await BookAsync()).Account.Flows[Node].Observed.Rate.IsZero);
        await PassUntilAsync(async () => (await LeaseAsync("owed")).IsEnded);

        _ended.Add(await LeaseAsync("owed"));
        await ExpectAllIsToldAsync();
        var carried = (await BookAsync()).Account.Carried;
        Assert.All(carried.ByPayee, c => Assert.InRange(c.Value.Value, 0, _ended[0].PartOf(_ended[0].Rate, c.Key).WeiPerSecond * 1000));
    }

    [Fact]
    public async Task What_was_paid_before_it_was_used_is_trimmed_and_nothing_is_paused_for_it()
    {
        await OpenAsync("ahead", Price);
        await PassUntilAsync(async () => (await LeaseAsync("ahead")).State == LeaseState.Active);
        await PassAsync(40);
        await ReportAsync("ahead", Execution.Run, 0);
        await PassAsync(3);
        var trimmed = (await BookAsync()).Account.Flows[Node];
        var leg = (await LeaseAsync("ahead")).PartOf(FlowRate.FromWeiPerSecond(Price), Node);
        Assert.InRange(trimmed.Observed.Rate.WeiPerSecond, leg.WeiPerSecond * 4 / 5, leg.WeiPerSecond - 1);
        var shown = await Gateway.Get<AccountDesk>().GetAccountAsync(new Wire.GetAccountRequest { Payer = Account.Payer.ToString(), Token = "ALEPH" }, Cancellation);
        Assert.Equal(trimmed.Correction.Trim.ToDecimal(), shown.Drifts.Single(d => string.Equals(d.Payee, Eip55.Format(Node), StringComparison.Ordinal)).Trim);
        var history = await Gateway.Get<LeaseHistory>().ReadAsync(Account, IdOf("ahead"), Cancellation);
        Assert.Contains(history, note => note.Summary.StartsWith($"the flow to {Node} is trimmed", StringComparison.Ordinal));

        await PassUntilAsync(async () => (await BookAsync()).Account.Flows.Values.All(f => f.Correction == FlowCorrection.None && f.Observed.Rate == f.Desired));

        Assert.Equal(leg, (await BookAsync()).Account.Flows[Node].Observed.Rate);
        Assert.InRange((await DriftAsync(Node)).Amount.Value, -leg.WeiPerSecond * 1000, leg.WeiPerSecond * 1000);
        await ExpectAllIsToldAsync();
        Assert.All((await Gateway.Get<DirectiveLog>().ReadAllAsync()).Where(d => d.Lease == IdOf("ahead")), d => Assert.Equal(Execution.Run, d.Execution));
        Assert.Equal(LeaseState.Active, (await LeaseAsync("ahead")).State);

        await CloseAsync("ahead", 0);
        await PassUntilAsync(async () => (await LeaseAsync("ahead")).IsEnded);
        _ended.Add(await LeaseAsync("ahead"));
        await ExpectAllIsToldAsync();
    }

    [Fact]
    public async Task A_vm_that_starts_and_stops_by_itself_costs_few_changes_and_no_wei_is_lost_by_it()
    {
        await OpenAsync("bursty", Price);
        await PassUntilAsync(async () => (await LeaseAsync("bursty")).State == LeaseState.Active);
        var (changes, last) = (0, (await BookAsync()).Account.Flows[Node].Observed.Rate);
        var leg = last.WeiPerSecond;
        foreach (var (run, gap, milliseconds) in Enumerable.Range(0, 15).Select(i => (2 + (i % 3), 9 + (i % 5), i * 61)))
        {
            await ReportAsync("bursty", Execution.Run, milliseconds);
            await BurstAsync(run);
            await ReportAsync("bursty", Execution.Pause, milliseconds);
            await BurstAsync(gap);
        }

        // Of thirty starts and stops. The flow has come near to what is used, which is less than a third of the price.
        Assert.InRange(changes, 1, 6);
        Assert.InRange(last.WeiPerSecond, 1, leg / 2);
        await ExpectAllIsToldAsync();
        Assert.All((await Gateway.Get<DirectiveLog>().ReadAllAsync()).Where(d => d.Lease == IdOf("bursty")), d => Assert.Equal(Execution.Run, d.Execution));

        await CloseAsync("bursty", 0);
        await PassUntilAsync(async () => (await LeaseAsync("bursty")).IsEnded);
        _ended.Add(await LeaseAsync("bursty"));
        await ExpectAllIsToldAsync();

        async Task BurstAsync(int seconds)
        {
            for (var i = 0; i < seconds; i++)
            {
                await PassAsync(1);
                var book = await BookAsync();
                var now = book.Account.Flows[Node].Observed.Rate;
                changes += now == last ? 0 : 1;
                last = now;
                // A node is owed no more than the tolerance, a payer ahead by no more than twice as much; both, and what settlement takes.
                Assert.InRange((await DriftAsync(Node)).Amount.Value, -35 * leg * 1000, 65 * leg * 1000);
            }
        }
    }

    /// <summary>What the payer paid is what the payees got, what the leases used, and what the account says is between the two.</summary>
    private async Task ExpectAllIsToldAsync()
    {
        // A block of this second, so that balances and ledgers are of one instant.
        await PassAsync(1);
        await stepped.World.Chain.Anvil.Control.MineAtAsync(new BlockTime(++_now), Cancellation);
        _time.SetUtcNow(DateTimeOffset.FromUnixTimeSeconds((long)_now));
        await Gateway.Get<AccountEvaluator>().EvaluateAsync(Account, at: null, Cancellation);
        var paid = _paidBefore - await OwnedAsync(Account.Payer);
        var earned = await OwnedAsync(Node) + await OwnedAsync(Community) - _earnedBefore;
        var book = await BookAsync();
        var at = new BlockTime(_now);
        var used = book.Leases.Values.Where(l => !l.IsEnded).Concat(_ended).Aggregate(BigInteger.Zero, (sum, l) => sum + l.Meter.UsedAt(at.ToDateTimeOffset()).Value);
        var between = Drift.All(book, at).Aggregate(book.Account.Carried.Total, (sum, d) => sum + d.Amount).Value;
        Assert.Equal(paid, earned);
        Assert.Equal(paid * 1000, used + between);
        Assert.All(book.Account.Flows.Values, f => Assert.True(f.Ledger is { EstimatedFrom: null } ledger && ledger.IsCurrent(f)));
    }

    private async Task PassUntilAsync(Func<Task<bool>> holds)
    {
        while (!await holds())
            await PassAsync(1);
    }

    /// <summary>Each second settlement may send what was ordered before, and what is due is looked at.</summary>
    private async Task PassAsync(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            Cancellation.ThrowIfCancellationRequested();
            _time.SetUtcNow(DateTimeOffset.FromUnixTimeSeconds((long)++_now));
            await stepped.World.Chain.Anvil.Control.SetNextBlockTimeAsync(new BlockTime(_now), Cancellation);
            await Gateway.Get<SettlementStep>().RunOnceAsync(Cancellation);
            await Gateway.Get<SettlementStep>().RunOnceAsync(Cancellation);
            await Gateway.Get<DeadlineStep>().RunOnceAsync(Cancellation);
        }
    }

    private async Task OpenAsync(string id, long price)
    {
        var head = (await stepped.World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        var seen = await Gateway.Get<ChainReader>().LookAsync(Account, [Node, Community], head, Cancellation);
        var rate = FlowRate.FromWeiPerSecond(price);
        var lease = Storage.Given.Lease(IdOf(id).Value, Account) with
        {
            Rate = rate,
            PausedRate = FlowRate.Zero,
            Payees = [new Payee(Node, SharePpm.FromPpm(812_345), "node"), new Payee(Community, SharePpm.FromPpm(187_655), "community")],
            OpenedAt = _time.GetUtcNow(),
            Meter = Domain.Metering.Meter.Opened(_time.GetUtcNow(), new Domain.Metering.MeterPrice(rate, FlowRate.Zero, IsCutOff: false)),
        };
        await ChangeAsync(book => AccountMachine.Open(book, lease, seen));
    }

    private Task ReportAsync(string id, Execution execution, int milliseconds) => ChangeAsync(
        book => AccountMachine.Report(book, IdOf(id), new ExecutionReport(execution, _time.GetUtcNow().AddMilliseconds(milliseconds), DirectiveId: null)));

    private Task CloseAsync(string id, int milliseconds) => ChangeAsync(
        book => AccountMachine.Close(book, IdOf(id), _time.GetUtcNow().AddMilliseconds(milliseconds), traceParent: null));

    private async Task ChangeAsync(Func<AccountBook, Decision?> decide) => await Gateway.Get<AccountSession>().ChangeAsync(Account, decide, Cancellation);

    private Task<AccountBook> BookAsync() => Gateway.Get<AccountStore>().LoadAsync(Account, Cancellation);

    private async Task<Lease> LeaseAsync(string id) => (await Gateway.Get<AccountStore>().FindLeaseAsync(Account, IdOf(id), Cancellation))!; // Opened before.

    private async Task<Drift> DriftAsync(Address payee)
    {
        var book = await BookAsync();
        return Drift.Of(book, book.Account.Flows[payee], new BlockTime(_now))!; // It has a ledger.
    }

    /// <summary>Everything that he has at the newest block, deposits included.</summary>
    private async Task<BigInteger> OwnedAsync(Address of)
    {
        var head = (await stepped.World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        var seen = await Gateway.Get<ChainReader>().LookAsync(new AccountKey(stepped.World.Chain.Tokens.Aleph, of), head, Cancellation);
        var balance = await TokenViews.AvailableBalance(new AccountKey(stepped.World.Chain.Tokens.Aleph, of), head.Time).AskAsync(stepped.World.Chain.Anvil.Rpc, head.Number, Cancellation);
        return balance.Wei + seen.BufferDeposit.Wei;
    }

    private LeaseId IdOf(string id) => LeaseId.Parse($"{id}-{Account.Payer}");
}
