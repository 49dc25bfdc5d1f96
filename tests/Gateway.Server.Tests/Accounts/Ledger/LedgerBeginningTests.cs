using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Verifying;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing.Proxy;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Payers who stream to others, and to a node, since before their first lease.</summary>
public sealed class LedgerBeginningTests(SteppedWorld stepped) : LedgerTest(stepped), IClassFixture<SteppedWorld>
{
    private static readonly FlowRate Foreign = FlowRate.FromWeiPerSecond(777_777_777_777_777);

    private readonly SteppedWorld _stepped = stepped;

    [Fact]
    public async Task A_ledger_begins_at_the_first_lease_and_asks_for_no_log_before_it()
    {
        await using var proxy = await StartProxyAsync();
        await using var gateway = await NewGatewayAsync(proxy);
        var story = await BeginAsync(gateway);
        List<(ulong From, ulong To)> asked = [];
        proxy.Faults.Always("eth_getLogs", (request, next) =>
        {
            asked.Add((RpcRequest.Number((string)request.Parameters[0]!["fromBlock"]!), RpcRequest.Number((string)request.Parameters[0]!["toBlock"]!)));
            return next(request);
        });

        var statement = await GetAsync(gateway, story.Account);
        Assert.All(asked, r => Assert.True(r.From > story.Begun.Number.Value, $"{r}"));
        var lines = await VerifyAsync(gateway, story.Account);

        // But for the very block in which the flow was opened, as its own state says.
        Assert.All(asked, r => Assert.True(r.From > story.Begun.Number.Value || r.From == r.To, $"{r}"));
        Assert.Equal(("", true), (statement.Mismatch, statement.Verified));
        var older = statement.Flows[0];
        Assert.Equal(((long)story.Begun.Time.UnixSeconds + 60, "", Wire.FlowHand.Unspecified, 0UL), (older.From.Seconds, older.OpenedBy, older.OpenedHand, older.OpenedBlock));
        Assert.Equal(story.Raised.ToString(), older.EndedBy);
        Assert.Equal((Foreign.Over(60) + (Foreign + Rate).Over(100) + Rate.Over(150)).ToDecimal(), statement.Streamed);
        Assert.Equal(Foreign.Over(60).ToDecimal(), statement.OpeningCarry);
        Assert.Equal([], lines.Where(l => l.Verdict != Wire.Verdict.Equal).Select(l => $"{l}"));
    }

    [Fact]
    public async Task A_flow_whose_block_has_an_earlier_second_than_its_lease_is_not_taken_for_an_older_one()
    {
        await using var gateway = await NewGatewayAsync();
        var (payer, node) = (await NewPayerAsync(), NewNode().Address);
        var account = new AccountKey(Aleph, payer.Address);
        await PassAsync(100);
        var opened = await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node, Rate)));
        await PassAsync(5);
        await StoreAtHeadAsync(gateway, account, node);
        await PassAsync(10);

        var statement = await GetAsync(gateway, account);

        Assert.Equal(opened.Hash.ToString(), Assert.Single(statement.Flows).OpenedBy);
    }

    [Fact]
    public async Task An_older_flow_to_whom_a_later_lease_pays_becomes_known_and_counts_from_where_the_ledger_begins()
    {
        await using var gateway = await NewGatewayAsync();
        var story = await BeginAsync(gateway);
        await GetAsync(gateway, story.Account);

        await StoreAtHeadAsync(gateway, story.Account, story.Other);
        var statement = await GetAsync(gateway, story.Account);
        var lines = await VerifyAsync(gateway, story.Account);
        await AtAsync(10, () => CallCfaAsync(story.Payer, FlowCalls.Delete(Aleph, story.Account.Payer, story.Other)));
        var ended = await GetAsync(gateway, story.Account);

        var flow = Assert.Single(statement.Flows, f => Address.Parse(f.Payee) == story.Other);
        Assert.Equal(((long)story.Begun.Time.UnixSeconds + 60, Foreign.Over(160).ToDecimal()), (flow.From.Seconds, flow.Streamed));
        Assert.Equal([], lines.Where(l => l.Verdict != Wire.Verdict.Equal).Select(l => $"{l}"));
        Assert.Equal(flow.BufferDeposit, Assert.Single(ended.Buffers, b => Address.Parse(b.Payee) == story.Other).Returned);
        Assert.Equal("", ended.Mismatch);
        Assert.Equal(TokenAmount.Zero, (await gateway.Get<LedgerStore>().ReadAsync(story.Account, Cancellation))!.Ledger.Origin!.Beyond); // It begins there.
    }

    [Fact]
    public async Task A_lease_that_is_told_of_later_and_began_before_all_others_moves_the_beginning_back_to_it()
    {
        await using var gateway = await NewGatewayAsync();
        var story = await BeginAsync(gateway);
        var told = await GetAsync(gateway, story.Account);

        var earlier = story.Begun.Time.ToDateTimeOffset().AddSeconds(-40);
        await StoreAsync(gateway, story.Account, [story.Other], Rate, static (_, at) => (null, at), earlier);
        var statement = await GetAsync(gateway, story.Account);
        var lines = await VerifyAsync(gateway, story.Account);

        Assert.Equal([], lines.Where(l => l.Verdict != Wire.Verdict.Equal).Select(l => $"{l}"));
        Assert.Equal("", statement.Mismatch);
        Assert.Equal(earlier.ToUnixTimeSeconds(), statement.From.Seconds);
        Assert.Equal((TokenAmount.Parse(told.Streamed) + Foreign.Over(100) + Foreign.Over(260)).ToDecimal(), statement.Streamed);
    }

    /// <summary>One that the ledger never knew ends in the same stretch, with a buffer that could hide the other's.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_that_was_left_out_is_found_though_others_are_not_known(bool ends)
    {
        await using var proxy = await StartProxyAsync();
        await using var gateway = await NewGatewayAsync(proxy);
        var story = await BeginAsync(gateway);
        Assert.Equal("", (await GetAsync(gateway, story.Account)).Mismatch);
        var hidden = NewNode().Address;
        if (ends)
            await AtAsync(10, () => CallCfaAsync(story.Payer, FlowCalls.Delete(Aleph, story.Account.Payer, story.Other)));
        await AtAsync(10, () => CallCfaAsync(story.Payer, FlowCalls.Create(Aleph, hidden, Rate)));

        proxy.Faults.Always("eth_getLogs", NodeLies.LogsWithout(hidden));
        var lied = await GetAsync(gateway, story.Account);
        proxy.Faults.Clear();

        Assert.Contains("a flow that the ledger does not know", lied.Mismatch, StringComparison.Ordinal);
        Assert.Equal("", (await GetAsync(gateway, story.Account)).Mismatch);
    }

    [Fact]
    public async Task Where_no_state_tells_of_a_flow_that_is_heard_of_for_the_first_time_what_is_not_known_may_become_less_and_never_more()
    {
        await using var proxy = await StartProxyAsync();
        await using var gateway = await NewGatewayAsync(proxy);
        var story = await BeginAsync(gateway);
        await GetAsync(gateway, story.Account);
        await AtAsync(10, () => CallCfaAsync(story.Payer, FlowCalls.Delete(Aleph, story.Account.Payer, story.Other)));
        await PassAsync(10);
        DropState(proxy, (await HeadAsync()).Number);

        var statement = await GetAsync(gateway, story.Account);

        Assert.Equal("", statement.Mismatch);
        Assert.Equal(TokenAmount.Zero, (await gateway.Get<LedgerStore>().ReadAsync(story.Account, Cancellation))!.Ledger.Origin!.Beyond); // It begins there.

        // Heard of for the first time as well, and with it another one of which nobody hears.
        var hidden = NewNode().Address;
        await AtAsync(10, () => CallCfaAsync(story.Payer, FlowCalls.Create(Aleph, NewNode().Address, Rate)));
        await AtAsync(10, () => CallCfaAsync(story.Payer, FlowCalls.Create(Aleph, hidden, Rate)));
        DropState(proxy, (await HeadAsync()).Number);
        proxy.Faults.Always("eth_getLogs", NodeLies.LogsWithout(hidden));
        Assert.Contains("a flow that the ledger does not know", (await GetAsync(gateway, story.Account)).Mismatch, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_state_of_its_beginning_is_not_kept_the_logs_tell_the_same_from_the_first_one_on()
    {
        await using var proxy = await StartProxyAsync();
        await using var gateway = await NewGatewayAsync(proxy);
        var story = await BeginAsync(gateway);
        await using var other = await NewGatewayAsync();
        var told = await GetAsync(other, story.Account);
        await other.Get<RedisConnection>().ReadAsync("TEST", d => d.KeyDeleteAsync([RedisKeys.Of(story.Account).Ledger, RedisKeys.Of(story.Account).Segments]), Cancellation);
        DropState(proxy, (await HeadAsync()).Number);

        var statement = await GetAsync(gateway, story.Account);

        Assert.Equal((told.Streamed, told.Buffer, ""), (statement.Streamed, statement.Buffer, statement.Mismatch));
        Assert.NotEqual("", statement.Flows[0].OpenedBy);
        Assert.Null((await gateway.Get<LedgerStore>().ReadAsync(story.Account, Cancellation))!.Ledger.Origin); // It was stored.
    }

    private static async Task<List<Wire.VerifiedLine>> VerifyAsync(SteppedGateway gateway, AccountKey account)
    {
        var request = new Wire.GetStatementRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString() };
        return await gateway.Get<StatementVerifier>().RunAsync(request, Cancellation).ToListAsync(Cancellation);
    }

    /// <summary>As a node has it that keeps the state of its head alone.</summary>
    private static void DropState(RpcProxy proxy, BlockNumber head) => proxy.Faults.Always("eth_call", (request, next) =>
        RpcRequest.Number((string)request.Parameters[1]!) < head.Value
            ? NodeFaults.Refuse(-32000, "missing trie node 00 (path ) state 0x00 is not available")(request, next)
            : next(request));

    private Task<RpcProxy> StartProxyAsync() => RpcProxy.StartAsync(Chain.Anvil.Url, Chain.Anvil.WebSocketUrl, new ProxyOptions { Coreth = null });

    private Task<SteppedGateway> NewGatewayAsync(RpcProxy proxy) => _stepped.NewGatewayWithAsync(TimeProvider.System, ProxySettings.Of([proxy]));

    /// <summary>To the node it flows since before the first lease, and then more; to the second one since after it; to another one, who has no lease, all the time.</summary>
    private async Task<Story> BeginAsync(SteppedGateway gateway)
    {
        var (payer, node, second, other) = (await NewPayerAsync(), NewNode().Address, NewNode().Address, NewNode().Address);
        var account = new AccountKey(Aleph, payer.Address);
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node, Foreign)));
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, other, Foreign)));
        await PassAsync(100);
        var begun = await HeadAsync();
        await PassAsync(60);
        await StoreAtHeadAsync(gateway, account, node, second);
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, second, Rate)));
        var raised = await AtAsync(50, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, Foreign + Rate)));
        await PassAsync(100);
        return new Story(payer, account, other, begun, raised.Hash);
    }

    private sealed record Story(DevAccount Payer, AccountKey Account, Address Other, BlockRef Begun, Hash32 Raised);
}
