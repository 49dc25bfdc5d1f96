using System.Text.Json.Nodes;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Metering;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using Gateway.Testing.Proxy;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Many accounts at once, of which most have not changed. Every account of this world is this class's.</summary>
public sealed class LedgerSweepTests(SteppedWorld stepped) : LedgerTest(stepped), IClassFixture<SteppedWorld>
{
    private const ulong Day = 86_400;

    private readonly SteppedWorld _stepped = stepped;
    private readonly ShiftedTime _time = new();

    [Fact]
    public async Task Accounts_at_which_nothing_has_changed_are_moved_on_by_one_request_for_all_and_one_that_has_changed_by_its_own()
    {
        await using var proxy = await StartProxyAsync();
        await using var gateway = await NewGatewayAsync(proxy);
        List<(AccountKey Account, DevAccount Payer, Address Node)> flowing = [];
        for (var i = 0; i < 5; i++)
            flowing.Add(await FlowingAsync(gateway));
        await StepAsync(gateway);
        await PassAsync(10);
        var changed = flowing[3];
        await AtAsync(10, () => CallCfaAsync(changed.Payer, FlowCalls.Update(Aleph, changed.Node, Rate + Rate)));
        await PassAsync(10);
        List<int> payers = [];
        proxy.Faults.Always("eth_getLogs", (request, next) =>
        {
            payers.Add(((request.Parameters[0]!["topics"] as JsonArray)?.Count > 2 ? request.Parameters[0]!["topics"]![2] as JsonArray : null)?.Count ?? 0);
            return next(request);
        });

        await DueAsync(gateway);

        var head = await HeadAsync();
        foreach (var (account, _, node) in flowing)
        {
            var stored = (await gateway.Get<LedgerStore>().ReadAsync(account, Cancellation))!; // It was stored.
            Assert.Equal((head, (string?)null), (stored.Ledger.Through, stored.Mismatch));
            Assert.Equal(account == changed.Account ? Rate + Rate : Rate, stored.Ledger.Open[node].Rate);
        }

        // One for all; then the changed one's own, and what stands around its change.
        Assert.True(payers[0] >= 5, $"{string.Join(", ", payers)}");
        Assert.Equal([1, 0], payers.Skip(1));
    }

    [Fact]
    public async Task A_change_of_which_no_log_is_told_does_not_pass_for_none()
    {
        await using var proxy = await StartProxyAsync();
        await using var gateway = await NewGatewayAsync(proxy);
        var (account, payer, node) = await FlowingAsync(gateway);
        await StepAsync(gateway);
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, Rate + Rate)));
        await PassAsync(10);

        proxy.Faults.Always("eth_getLogs", NodeLies.LogsWithout(payer.Address));
        await DueAsync(gateway);

        Assert.NotNull((await gateway.Get<LedgerStore>().ReadAsync(account, Cancellation))!.Mismatch);
        proxy.Faults.Clear();
        await DueAsync(gateway);
        var stored = (await gateway.Get<LedgerStore>().ReadAsync(account, Cancellation))!; // It was stored before.
        Assert.Equal((null, Rate + Rate), (stored.Mismatch, stored.Ledger.Open[node].Rate));
    }

    [Fact]
    public async Task The_payee_of_a_new_lease_is_indexed_though_nothing_has_changed_on_chain_and_a_period_that_is_over_is_closed()
    {
        await using var gateway = await _stepped.NewGatewayWithAsync(_time, [new("Gateway:Statements:Period", "Day"), new("Gateway:Statements:CloseAfter", "01:00:00")]);
        var (account, _, _) = await FlowingAsync(gateway);
        await StepAsync(gateway);
        await PassAsync(10);
        var second = NewNode().Address;

        await StoreAtHeadAsync(gateway, account, second);
        await StepAsync(gateway);

        Assert.Contains(account, await gateway.Get<PayeeIndex>().AccountsOfAsync(Aleph, second, Cancellation));
        Assert.Null(await gateway.Get<PeriodStore>().LastAsync(account, Cancellation));
        await PassAsync(2 * Day);
        _time.Advance(TimeSpan.FromDays(3));
        await StepAsync(gateway);
        Assert.NotNull(await gateway.Get<PeriodStore>().LastAsync(account, Cancellation));
    }

    private static async Task StepAsync(SteppedGateway gateway)
    {
        while ((await gateway.Get<LedgerStep>().RunOnceAsync(Cancellation)).Moved > 0)
            Cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>All accounts come again.</summary>
    private async Task DueAsync(SteppedGateway gateway)
    {
        _time.Advance(TimeSpan.FromHours(7));
        await StepAsync(gateway);
    }

    private Task<RpcProxy> StartProxyAsync() => RpcProxy.StartAsync(Chain.Anvil.Url, Chain.Anvil.WebSocketUrl, new ProxyOptions { Coreth = null });

    private Task<SteppedGateway> NewGatewayAsync(RpcProxy proxy) => _stepped.NewGatewayWithAsync(_time, ProxySettings.Of([proxy]));

    private async Task<(AccountKey Account, DevAccount Payer, Address Node)> FlowingAsync(SteppedGateway gateway)
    {
        var (payer, node) = (await NewPayerAsync(), NewNode().Address);
        var account = new AccountKey(Aleph, payer.Address);
        await PassAsync(100);
        await StoreAsync(
            gateway, account, [node], Rate, static (meter, at) => (meter.Told(MeterPhase.Running, at.AddMilliseconds(1), at.AddMilliseconds(1)), at), (await HeadAsync()).Time.ToDateTimeOffset());
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node, Rate)));
        await PassAsync(10);
        return (account, payer, node);
    }
}
