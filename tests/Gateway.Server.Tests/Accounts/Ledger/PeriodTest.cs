using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Periods of a day each. Moves the chain's clock on by days, and the gateway's with it.</summary>
public abstract class PeriodTest(SteppedWorld stepped) : LedgerTest(stepped)
{
    private protected const ulong Day = 86_400;

    private protected static readonly KeyValuePair<string, string?> KeptTwoDays = new("Gateway:Statements:KeepDetails", "2.00:00:00");

    private static readonly KeyValuePair<string, string?>[] Daily = [new("Gateway:Statements:Period", "Day"), new("Gateway:Statements:CloseAfter", "01:00:00")];

    private readonly SteppedWorld _stepped = stepped;
    private readonly ShiftedTime _time = new();

    private protected Task<SteppedGateway> NewDailyAsync(params KeyValuePair<string, string?>[] settings) => _stepped.NewGatewayWithAsync(_time, [.. Daily, .. settings]);

    private protected async Task<(AccountKey Account, Address Node, Lease Lease, DevAccount Payer)> RunningWithAsync(SteppedGateway gateway)
    {
        var (payer, node) = (await NewPayerAsync(), NewNode().Address);
        var account = new AccountKey(Aleph, payer.Address);
        var lease = await StoreAsync(gateway, account, [node], Rate, static (meter, at) => (meter.Told(MeterPhase.Running, at.AddMilliseconds(1), at.AddMilliseconds(1)), at));
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node, Rate)));
        return (account, node, lease, payer);
    }

    private protected async Task DaysAsync(ulong days)
    {
        var head = await HeadAsync();
        await PassAsync(days * Day);
        // The gateway's clock with the chain's.
        _time.Advance(head.Time.PlusSeconds(days * Day).ToDateTimeOffset() - _time.GetUtcNow());
    }

    private protected async Task<int> CloseAsync(SteppedGateway gateway, AccountKey account) => await gateway.Get<PeriodCloser>().CloseDueAsync(account, await HeadAsync(), Cancellation);

    private protected static Task<Wire.Statement> PeriodAsync(SteppedGateway gateway, AccountKey account, string name) =>
        gateway.Get<StatementDesk>().GetAsync(
            new Wire.GetStatementRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString(), Period = name }, Cancellation);

    private protected static async Task ChangeAsync(SteppedGateway gateway, AccountKey account, LeaseId id, Func<Lease, Lease> change)
    {
        var store = gateway.Get<AccountStore>();
        var before = await store.LoadAsync(account, Cancellation);
        await store.CommitAsync(before, before.With(change(before.Leases[id])), [], NextLook.Never, TimeProvider.System.GetUtcNow(), Cancellation);
    }

    private protected static string Sum(IEnumerable<string> amounts) => amounts.Aggregate(TokenAmount.Zero, (sum, a) => sum + TokenAmount.Parse(a)).ToDecimal();
}
