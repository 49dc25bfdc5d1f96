using System.Collections.Immutable;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts;

/// <summary>Statements against the chain's own integral. This class moves the chain's clock.</summary>
public sealed class StatementTests(SteppedWorld stepped) : CustomerTest(stepped), IClassFixture<SteppedWorld>
{
    private static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(1_234_567_890_123);

    private static int _lastNode = 700_000;

    private Address Aleph => Chain.Tokens.Aleph;

    [Fact]
    [Incident("1.5.6")]
    public async Task What_was_streamed_is_what_the_payee_got_to_the_wei_and_each_period_names_its_transaction()
    {
        await using var gateway = await NewGatewayAsync();
        var (payer, node) = (await NewPayerAsync(), DevAccount.Of("node", Interlocked.Increment(ref _lastNode)));
        await StoreAsync(gateway, payer, node, meter: null);
        var opened = await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node.Address, Rate)));
        var raised = await AtAsync(3600, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node.Address, Rate + Rate)));
        await AtAsync(77, () => CallCfaAsync(payer, FlowCalls.Delete(Aleph, payer.Address, node.Address)));
        var again = await AtAsync(500, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node.Address, Rate)));
        // Another payer's flow to the same node, and this payer's to somebody else, are on nobody's statement here.
        var other = await CallCfaAsync(await NewPayerAsync(), FlowCalls.Create(Aleph, node.Address, FlowRate.FromWeiPerSecond(1)));
        await CallCfaAsync(payer, FlowCalls.Create(Aleph, Chain.Accounts.Payees[1].Address, Rate));
        await AtAsync(1000, () => Chain.Anvil.Control.MineAsync(Cancellation));

        var statement = await GetAsync(gateway, payer);

        var head = (await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        var others = FlowRate.FromWeiPerSecond(1).Over(head.Time.UnixSeconds - await TimeOfAsync(other.Block.Number));
        Assert.Equal((await AvailableAsync(node, Aleph) - others).ToDecimal(), statement.Streamed);
        Assert.Equal([opened.Hash.ToString(), raised.Hash.ToString(), again.Hash.ToString()], statement.Flows.Select(f => f.OpenedBy));
        Assert.Equal((Rate + Rate).ToDecimal(), statement.Flows[1].FlowRate);
        Assert.Equal(head.Time.ToDateTimeOffset().ToTimestamp(), statement.Flows[2].To);
        Assert.Equal(statement.Streamed, statement.Carried);
    }

    [Fact]
    public async Task Periods_side_by_side_add_up_to_the_whole()
    {
        await using var gateway = await NewGatewayAsync();
        var (payer, node) = (await NewPayerAsync(), DevAccount.Of("node", Interlocked.Increment(ref _lastNode)));
        await StoreAsync(gateway, payer, node, meter: null);
        var opened = await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node.Address, Rate)));
        await AtAsync(600, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node.Address, Rate + Rate)));
        await AtAsync(600, () => Chain.Anvil.Control.MineAsync(Cancellation));
        var start = await TimeOfAsync(opened.Block.Number);
        ulong[] borders = [start - 5, start + 123, start + 600, start + 601, start + 1200];

        var whole = await GetAsync(gateway, payer, borders[0], borders[^1]);
        var parts = new List<Wire.Statement>();
        foreach (var (from, to) in borders.Zip(borders.Skip(1)))
            parts.Add(await GetAsync(gateway, payer, from, to));

        Assert.Equal(whole.Streamed, parts.Select(p => TokenAmount.Parse(p.Streamed)).Aggregate((a, b) => a + b).ToDecimal());
        Assert.Equal((Rate.Over(600) + (Rate + Rate).Over(600)).ToDecimal(), whole.Streamed);
        // A flow that stood already when the period began still names the transaction that opened it.
        Assert.Equal(opened.Hash.ToString(), parts[1].Flows.Single().OpenedBy);
    }

    [Fact]
    public async Task What_a_meter_shows_is_used_and_what_was_not_streamed_is_owed()
    {
        await using var gateway = await NewGatewayAsync();
        var (payer, node) = (await NewPayerAsync(), DevAccount.Of("node", Interlocked.Increment(ref _lastNode)));
        var meter = OfSum(MeterPhase.Stopped, TimeProvider.System.GetUtcNow().AddMinutes(-1), node);
        await StoreAsync(gateway, payer, node, meter);
        await Chain.Anvil.Control.MineAsync(Cancellation);

        var statement = await GetAsync(gateway, payer);

        var use = Assert.Single(statement.Leases);
        Assert.Equal(Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1_500)), use.RunningTime);
        Assert.Equal("1851851835184", use.Used); // 1,234,567,890,123 × 1.5, floored.
        Assert.Equal((use.Used, "0", "-" + use.Used), (statement.Used, statement.Streamed, statement.Carried));
        Assert.Equal(Rate.ToDecimal(), use.Legs.Single().FlowRate);
    }

    [Fact]
    public async Task A_border_where_a_meter_cannot_tell_is_refused_rather_than_guessed()
    {
        await using var gateway = await NewGatewayAsync();
        var (payer, node) = (await NewPayerAsync(), DevAccount.Of("node", Interlocked.Increment(ref _lastNode)));
        var now = TimeProvider.System.GetUtcNow();
        await StoreAsync(gateway, payer, node, OfSum(MeterPhase.Running, now.AddMinutes(-1), node));
        await AtAsync(10, () => Chain.Anvil.Control.MineAsync(Cancellation));

        var refused = await Assert.ThrowsAsync<UseNotKeptException>(() => GetAsync(gateway, payer, (ulong)now.AddMinutes(-5).ToUnixTimeSeconds()));

        Assert.Equal(LeaseOf(payer), refused.Lease);
    }

    /// <summary>One and a half seconds that ran before, kept as a sum.</summary>
    private static Meter OfSum(MeterPhase phase, DateTimeOffset since, DevAccount node) => Meter.OfSum(
        UsageSum.NothingUntil(since) with { RunningMilliseconds = 1_500, Used = MilliWei.Of(Rate, 1_500), Parts = ImmutableSortedDictionary<Address, MilliWei>.Empty.Add(node.Address, MilliWei.Of(Rate, 1_500)) },
        phase,
        new MeterPrice(Rate, FlowRate.Zero, IsCutOff: false),
        told: null);

    private static LeaseId LeaseOf(DevAccount payer) => LeaseId.Parse($"of-{payer.Address}");

    private async Task StoreAsync(SteppedGateway gateway, DevAccount payer, DevAccount node, Meter? meter)
    {
        var empty = AccountBook.Empty(new AccountKey(Aleph, payer.Address));
        var openedAt = TimeProvider.System.GetUtcNow().AddMinutes(-10);
        var lease = new Lease
        {
            Id = LeaseOf(payer),
            VmId = "vm",
            Account = empty.Account.Key,
            Rate = Rate,
            Payees = [new Payee(node.Address, SharePpm.FromPpm(SharePpm.Whole), "node")],
            State = LeaseState.Active,
            Breaker = LeaseBreaker.ClosedAt(openedAt),
            Execution = Execution.Run,
            OpenedAt = openedAt,
            Fingerprint = "test",
        };
        lease = meter is null ? lease : lease with { Meter = meter };
        await gateway.Get<AccountStore>().CommitAsync(empty, empty.With(lease), [], NextLook.Never, openedAt, Cancellation);
    }

    /// <summary>Whatever makes a block makes it so many seconds after the last one.</summary>
    private async Task<T> AtAsync<T>(ulong seconds, Func<Task<T>> block)
    {
        var head = (await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        await Chain.Anvil.Control.SetNextBlockTimeAsync(head.Time.PlusSeconds(seconds), Cancellation);
        return await block();
    }

    private Task<bool> AtAsync(ulong seconds, Func<Task> block) => AtAsync(seconds, async () =>
    {
        await block();
        return true;
    });

    private async Task<ulong> TimeOfAsync(BlockNumber block) => (await Chain.Anvil.Rpc.GetBlockAsync(block, Cancellation))!.Block.Time.UnixSeconds; // Mined.

    private static Task<Wire.Statement> GetAsync(SteppedGateway gateway, DevAccount payer, ulong? from = null, ulong? to = null) =>
        gateway.Get<StatementDesk>().GetAsync(
            new Wire.GetStatementRequest { Payer = payer.Address.ToString(), Token = "ALEPH", From = Second(from), To = Second(to) }, Cancellation);

    private static Timestamp? Second(ulong? at) => at is { } second ? new Timestamp { Seconds = (long)second } : null;
}
