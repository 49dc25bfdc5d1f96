using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Accounts.Verifying;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using StackExchange.Redis;
using Xunit;
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

    /// <summary>The chain stands in the very second in which its day ends; the gateway's clock so much later that the day could be closed.</summary>
    private protected async Task<BlockTime> DayEndsAsync(Func<Task> inThatSecond)
    {
        var head = await HeadAsync();
        var border = BillingPeriod.Containing(PeriodLength.Day, head.Time.ToDateTimeOffset()).To;
        await AtAsync(border.UnixSeconds - head.Time.UnixSeconds, async () =>
        {
            await inThatSecond();
            return true;
        });
        var late = border.ToDateTimeOffset().AddHours(2) - _time.GetUtcNow();
        if (late > TimeSpan.Zero)
            _time.Advance(late);
        return border;
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

    /// <summary>The end of the last closed period that lies before what is kept.</summary>
    private protected async Task<BlockTime> OldestKeptAsync(SteppedGateway gateway, AccountKey account)
    {
        var kept = (await HeadAsync()).Time.ToDateTimeOffset().AddDays(-2);
        return (await gateway.Get<PeriodStore>().LastEndingByAsync(account, new BlockTime((ulong)kept.ToUnixTimeSeconds()), Cancellation))!.To; // Six were closed.
    }

    /// <summary>Statements of what is kept, and their verification: closed periods, all of it, and one between two seconds that are no borders.</summary>
    private protected static async Task<List<(string Text, List<Wire.VerifiedLine> Lines)>> AllAsync(
        SteppedGateway gateway, AccountKey account, BlockTime oldest, IReadOnlyList<string> names)
    {
        List<Wire.GetStatementRequest> requests =
        [
            .. names.Select(n => new Wire.GetStatementRequest { Period = n }),
            new Wire.GetStatementRequest { From = Second(oldest.UnixSeconds) },
            new Wire.GetStatementRequest { From = Second(oldest.UnixSeconds + 4_321), To = Second(oldest.UnixSeconds + Day + 12_345) },
        ];
        List<(string, List<Wire.VerifiedLine>)> all = [];
        foreach (var request in requests)
        {
            (request.Payer, request.Token) = (account.Payer.ToString(), account.SuperToken.ToString());
            var statement = await gateway.Get<StatementDesk>().GetAsync(request, Cancellation);
            all.Add((StatementMapping.ToJson(statement), await VerifyAsync(gateway, request)));
        }

        return all;
    }

    private protected static Task<List<Wire.VerifiedLine>> VerifyAsync(SteppedGateway gateway, AccountKey account, ulong? from = null) =>
        VerifyAsync(gateway, new Wire.GetStatementRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString(), From = Second(from) });

    private protected static async Task<List<Wire.VerifiedLine>> VerifyAsync(SteppedGateway gateway, Wire.GetStatementRequest request)
    {
        List<Wire.VerifiedLine> lines = [];
        await foreach (var line in gateway.Get<StatementVerifier>().RunAsync(request, Cancellation))
            lines.Add(line);
        return lines;
    }

    /// <summary>From its opening on it is paused, and runs, in turn: told by the machine's own way.</summary>
    private protected static async Task ReportAsync(SteppedGateway gateway, AccountKey account, LeaseId lease, DateTimeOffset until, TimeSpan every)
    {
        var store = gateway.Get<AccountStore>();
        var book = await store.LoadAsync(account, Cancellation);
        for (var (i, at) = (1, book.Leases[lease].OpenedAt + every); at < until; i++, at += every)
        {
            var told = AccountMachine.Report(book, lease, new ExecutionReport(i % 2 == 0 ? Execution.Run : Execution.Pause, at, DirectiveId: null));
            book = Assert.IsType<CommitResult.Committed>(await store.CommitAsync(book, told.Book, told.Effects, NextLook.Never, at, Cancellation)).Book;
        }
    }

    private protected static Task<T> RedisOf<T>(SteppedGateway gateway, Func<IDatabase, Task<T>> call) => gateway.Get<RedisConnection>().ReadAsync("TEST", call, Cancellation);

    private protected static string Sum(IEnumerable<string> amounts) => amounts.Aggregate(TokenAmount.Zero, (sum, a) => sum + TokenAmount.Parse(a)).ToDecimal();
}
