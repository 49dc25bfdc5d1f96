using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using Gateway.Testing.Proxy;
using StackExchange.Redis;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

public sealed class LedgerTests(SteppedWorld stepped) : LedgerTest(stepped), IClassFixture<SteppedWorld>
{
    private readonly SteppedWorld _stepped = stepped;

    [Fact]
    public async Task Every_change_has_its_transaction_its_hand_and_what_it_did_to_the_buffer()
    {
        await using var gateway = await NewGatewayAsync();
        var (payer, node, stranger) = (await NewPayerAsync(), NewNode(), await NewPayerAsync());
        await Chain.FundAsync(Devnet.Accounts.Funds.OfPayer, [node], Cancellation);
        var account = new AccountKey(Aleph, payer.Address);
        await StoreAsync(gateway, account, node.Address);
        var before = await WorthAsync(account);

        var opened = await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node.Address, Rate)));
        var raised = await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node.Address, Rate + Rate)));
        var refused = await AtAsync(7, () => CallCfaAsync(node, FlowCalls.Delete(Aleph, payer.Address, node.Address)));
        var again = await AtAsync(3, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node.Address, Rate)));
        var all = await AvailableAsync(payer, Aleph);
        var left = Rate.Over(1000);
        await Chain.Sender.CallAsync(payer, Aleph, TokenCalls.Transfer(Chain.Accounts.Governor.Address, all - left), Cancellation);
        await PassAsync(1500);
        var liquidated = await AtAsync(1, () => CallCfaAsync(stranger, FlowCalls.Delete(Aleph, payer.Address, node.Address)));

        var statement = await GetAsync(gateway, account);

        Assert.Equal("", statement.Mismatch);
        Assert.True(statement.Verified);
        Assert.Equal([opened.Hash.ToString(), raised.Hash.ToString(), again.Hash.ToString()], statement.Flows.Select(f => f.OpenedBy));
        Assert.Equal([raised.Hash.ToString(), refused.Hash.ToString(), liquidated.Hash.ToString()], statement.Flows.Select(f => f.EndedBy));
        Assert.Equal([Wire.FlowHand.Payer, Wire.FlowHand.Payee, Wire.FlowHand.Liquidator], statement.Flows.Select(f => f.EndedHand));
        Assert.Equal(5, statement.Buffers.Count);
        var lost = TokenAmount.Parse(statement.Buffer.Lost);
        Assert.True(lost > TokenAmount.Zero);
        Assert.Equal(TokenAmount.Parse(statement.Buffer.Taken), TokenAmount.Parse(statement.Buffer.Returned) + lost);
        Assert.Equal("0", statement.Buffer.Held);
        // To the wei: what he had, less what flowed, what he gave away and what he lost.
        Assert.Equal(before - (all - left) - TokenAmount.Parse(statement.Streamed) - lost, await WorthAsync(account));
    }

    [Fact]
    public async Task A_ledger_that_was_lost_is_made_anew_from_the_chain_and_is_the_same()
    {
        await using var gateway = await NewGatewayAsync();
        var account = await FlowingAsync(gateway);
        var told = await GetAsync(gateway, account);

        await RedisOf(gateway, d => d.KeyDeleteAsync([RedisKeys.Of(account).Ledger, RedisKeys.Of(account).Segments]));

        Assert.Equal(told, await GetAsync(gateway, account));
        await using var other = await NewGatewayAsync();
        Assert.Equal(told, await GetAsync(other, account));
    }

    [Fact]
    public async Task What_is_stored_needs_no_nodes_past()
    {
        var anvil = Chain.Anvil;
        await using var proxy = await RpcProxy.StartAsync(anvil.Url, anvil.WebSocketUrl, new ProxyOptions { Coreth = null });
        await using var gateway = await _stepped.NewGatewayWithAsync(
            TimeProvider.System, [new("Gateway:Chain:Endpoints:0:Url", proxy.Url.ToString()), new("Gateway:Chain:Endpoints:0:WebSocketUrl", proxy.SocketUrl.ToString())]);
        var account = await FlowingAsync(gateway);
        var told = await GetAsync(gateway, account);
        await PassAsync(50);

        proxy.Faults.Always("eth_getLogs", (request, next) =>
            Block(request.Parameters[0]!["fromBlock"]) > told.ThroughBlock ? next(request) : throw new InvalidOperationException("No node has that any more."));
        var later = await GetAsync(gateway, account);

        Assert.Equal(told.Flows.Take(told.Flows.Count - 1), later.Flows.Take(later.Flows.Count - 1));
        Assert.Equal(TokenAmount.Parse(told.Streamed) + Rate.Over(50), TokenAmount.Parse(later.Streamed));

        static ulong Block(JsonNode? quantity) => ulong.Parse(((string)quantity!)[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_ledger_that_the_chain_contradicts_is_loud_and_is_made_anew()
    {
        await using var gateway = await NewGatewayAsync();
        var account = await FlowingAsync(gateway);
        var told = await GetAsync(gateway, account);
        var mismatches = 0L;
        using var listener = Listen(gateway, count => Interlocked.Add(ref mismatches, count));
        var key = RedisKeys.Of(account).Ledger;
        var json = (await RedisOf(gateway, d => d.HashGetAsync(key, "json"))).ToString();
        await RedisOf(gateway, d => d.HashSetAsync(key, "json", json.Replace(Rate.ToDecimal(), (Rate + Rate).ToDecimal(), StringComparison.Ordinal)));
        await PassAsync(50);

        var later = await GetAsync(gateway, account);

        Assert.Equal(1, mismatches);
        Assert.Equal("", later.Mismatch);
        Assert.Equal(TokenAmount.Parse(told.Streamed) + Rate.Over(50), TokenAmount.Parse(later.Streamed));
    }

    [Fact]
    public async Task Of_replicas_at_once_all_say_the_same_and_nothing_is_stored_twice()
    {
        await using var one = await NewGatewayAsync();
        await using var other = await NewGatewayAsync();
        var account = await FlowingAsync(one);

        var told = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => GetAsync(i % 2 == 0 ? one : other, account)));

        Assert.All(told, s => Assert.Equal(told[0], s));
        Assert.Equal(2, await RedisOf(one, d => d.SortedSetLengthAsync(RedisKeys.Of(account).Segments)));
    }

    [Fact]
    public async Task A_statement_is_right_wherever_in_between_another_replica_begins_to_make_the_ledger_anew()
    {
        await using var gateway = await NewGatewayAsync();
        await using var other = await NewGatewayAsync();
        var (payer, node) = (await NewPayerAsync(), NewNode().Address);
        var account = new AccountKey(Aleph, payer.Address);
        await StoreAsync(gateway, account, node);
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node, Rate)));
        await GetAsync(gateway, account);
        var chunk = (await gateway.Get<LedgerStore>().ReadAsync(account, Cancellation))!; // It was just drawn up.
        await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, Rate + Rate)));
        await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Delete(Aleph, payer.Address, node)));
        var told = await GetAsync(gateway, account);
        var full = (await gateway.Get<LedgerStore>().ReadAsync(account, Cancellation))!; // Likewise.
        var keys = RedisKeys.Of(account);
        var database = (await gateway.Get<RedisConnection>().MultiplexerAsync(Cancellation)).GetDatabase();
        List<KeyCopy> kept = [await KeyCopy.OfAsync(database, keys.Ledger), await KeyCopy.OfAsync(database, keys.Segments)];
        var isOver = false;
        for (var number = 0; !isOver; number++)
        {
            foreach (var copy in kept)
                await copy.PutBackAsync(database);
            using var before = new BeforeCommand(
                number, isAfter: false, () => other.Get<LedgerStore>().ExtendAsync(account, full.Ledger, chunk, [], anew: true, Cancellation));
            Assert.Equal(told, await GetAsync(gateway, account));
            isOver = before.Commands <= number;
        }
    }

    [Fact]
    public async Task An_account_with_a_new_lease_is_due_at_once_and_then_only_again_after_a_while()
    {
        var time = new ShiftedTime();
        await using var gateway = await _stepped.NewGatewayWithAsync(time, []);
        var account = await FlowingAsync(gateway);
        var step = gateway.Get<LedgerStep>();

        while ((await step.RunOnceAsync(Cancellation)).Moved > 0)
        {
            // Others of this class are due as well.
        }

        var first = await gateway.Get<LedgerStore>().ReadAsync(account, Cancellation);
        Assert.Equal(await HeadAsync(), first!.Ledger.Through);
        await PassAsync(10);
        Assert.Equal(0, (await step.RunOnceAsync(Cancellation)).Moved);
        time.Advance(TimeSpan.FromHours(7));
        Assert.True((await step.RunOnceAsync(Cancellation)).Moved > 0);
        Assert.Equal(await HeadAsync(), (await gateway.Get<LedgerStore>().ReadAsync(account, Cancellation))!.Ledger.Through);
    }

    /// <summary>A flow that ran at one rate, at twice that, not at all, and runs.</summary>
    private async Task<AccountKey> FlowingAsync(SteppedGateway gateway)
    {
        var (payer, node) = (await NewPayerAsync(), NewNode().Address);
        var account = new AccountKey(Aleph, payer.Address);
        await StoreAsync(gateway, account, node);
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node, Rate)));
        await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, Rate + Rate)));
        await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Delete(Aleph, payer.Address, node)));
        await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node, Rate)));
        await PassAsync(100);
        return account;
    }

    private static MeterListener Listen(SteppedGateway gateway, Action<long> mismatched)
    {
        var meters = gateway.Get<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == GatewayTelemetry.Instruments.LedgerMismatches && ReferenceEquals(instrument.Meter.Scope, meters))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => mismatched(count));
        listener.Start();
        return listener;
    }

    private static Task<T> RedisOf<T>(SteppedGateway gateway, Func<IDatabase, Task<T>> call) => gateway.Get<RedisConnection>().ReadAsync("TEST", call, Cancellation);
}
