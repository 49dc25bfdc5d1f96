using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Two endpoints over one chain, of which one does not tell everything.</summary>
public sealed class LedgerWitnessTests(SteppedWorld stepped) : LedgerTest(stepped), IClassFixture<SteppedWorld>
{
    private static readonly NodeFault Gone = NodeFaults.Refuse(-32000, "missing trie node 00 (path ) state 0x00 is not available");
    private static readonly NodeFault Unable = NodeFaults.Refuse(-32000, "header not found");

    private readonly SteppedWorld _stepped = stepped;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_one_of_them_leaves_out_is_in_the_ledger_all_the_same(int liar)
    {
        await using var both = await StartAsync();
        var account = await FlowingAsync(both.Gateway);
        both.Proxies[liar].Faults.Always("eth_getLogs", NodeLies.LogsWithout(account.Payer));

        var statement = await GetAsync(both.Gateway, account);

        Assert.Equal((true, ""), (statement.Verified, statement.Mismatch));
        Assert.Equal((Rate.Over(100) + (Rate + Rate).Over(100)).ToDecimal(), statement.Streamed);
        Assert.NotNull(await StoredAsync(both.Gateway, account));
        Assert.True(both.Proxies[liar].Faults.Struck("eth_getLogs") > 0);
    }

    [Fact]
    public async Task What_only_one_of_them_tells_is_on_the_statement_is_marked_and_is_not_stored_until_both_do()
    {
        await using var both = await StartAsync();
        var account = await FlowingAsync(both.Gateway);
        both.Proxies[1].Faults.Always("eth_getLogs", Unable);

        var told = await GetAsync(both.Gateway, account);
        Assert.Null(await StoredAsync(both.Gateway, account));
        both.Proxies[1].Faults.Clear();
        var verified = await GetAsync(both.Gateway, account);

        Assert.Equal((false, true), (told.Verified, verified.Verified));
        Assert.Equal((verified.Streamed, verified.Flows), (told.Streamed, told.Flows));
        Assert.Equal(verified.ThroughBlock, (await StoredAsync(both.Gateway, account))!.Ledger.Through!.Number.Value); // It was stored.
    }

    [Fact]
    public async Task A_ledger_does_not_begin_with_what_they_contradict_each_other_about_and_where_one_has_dropped_it_begins_with_the_first_block_of_all()
    {
        await using var both = await StartAsync();
        var account = await FlowingAsync(both.Gateway);
        var faults = both.Proxies[1].Faults;

        faults.Always("eth_call", NodeLies.Telling(static result => (string?)result is { } word ? "0x" + new string('0', word.Length - 3) + "1" : null));
        await Assert.ThrowsAsync<HistoryUnavailableException>(() => GetAsync(both.Gateway, account));
        Assert.Null(await StoredAsync(both.Gateway, account));
        faults.Always("eth_call", Gone);
        var whole = await GetAsync(both.Gateway, account);

        Assert.Equal((true, (Rate.Over(100) + (Rate + Rate).Over(100)).ToDecimal()), (whole.Verified, whole.Streamed));
        Assert.Null((await StoredAsync(both.Gateway, account))!.Ledger.Origin); // It was stored.
    }

    [Fact]
    public async Task A_beginning_that_only_one_of_them_tells_of_is_not_stored()
    {
        await using var both = await StartAsync();
        var account = await FlowingAsync(both.Gateway);
        both.Proxies[1].Faults.Always("eth_call", Unsure);

        var told = await GetAsync(both.Gateway, account);

        Assert.Equal((false, (Rate.Over(100) + (Rate + Rate).Over(100)).ToDecimal()), (told.Verified, told.Streamed));
        Assert.Null(await StoredAsync(both.Gateway, account));
    }

    /// <summary>Not that it is gone: that is for ever. Nor that it is in trouble: then it would not be asked for logs either.</summary>
    private static NodeFault Unsure { get; } = NodeFaults.Refuse(-32602, "invalid argument 0");

    private static Task<StoredLedger?> StoredAsync(SteppedGateway gateway, AccountKey account) => gateway.Get<LedgerStore>().ReadAsync(account, Cancellation);

    private async Task<Both> StartAsync()
    {
        List<RpcProxy> proxies = [];
        for (var i = 0; i < 2; i++)
            proxies.Add(await RpcProxy.StartAsync(Chain.Anvil.Url, Chain.Anvil.WebSocketUrl, new ProxyOptions { Coreth = null }));
        return new Both(await _stepped.NewGatewayWithAsync(TimeProvider.System, ProxySettings.Of(proxies)), proxies);
    }

    private async Task<AccountKey> FlowingAsync(SteppedGateway gateway)
    {
        var (payer, node) = (await NewPayerAsync(), NewNode().Address);
        var account = new AccountKey(Aleph, payer.Address);
        await PassAsync(100);
        await StoreAtHeadAsync(gateway, account, node);
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node, Rate)));
        await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, Rate + Rate)));
        await PassAsync(100);
        return account;
    }

    private sealed record Both(SteppedGateway Gateway, List<RpcProxy> Proxies) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            foreach (var proxy in Proxies)
                await proxy.DisposeAsync();
        }
    }
}
