using System.Globalization;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using Gateway.Testing.Chains;
using Gateway.Testing.History;
using Gateway.Testing.Redis;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.History;

/// <summary>A gateway on the real contracts while leases come, change and go, and it is restarted in the middle: judged by what it left behind alone.</summary>
public sealed class RecordedChurnTests(ChainFixture chain, RedisFixture redis) : IClassFixture<ChainFixture>, IClassFixture<RedisFixture>, IAsyncLifetime
{
    private const int Rounds = 40;
    private const int Payers = 5;

    private readonly ShiftedTime _time = new();
    private readonly Dictionary<FlowKey, WantedRate> _newest = [];
    private readonly List<WantedRate> _wanted = [];
    private readonly Dictionary<string, DevAccount> _leases = [];
    private readonly ExchangeRecorder _exchanges = new();
    private readonly List<(DateTimeOffset At, Exchange What)> _stopped = [];
    private readonly Random _random = new(20_261_125);
    private DevAccount[] _payers = [];
    private Address _node = Address.Zero;
    private Address _community = Address.Zero;
    private RealLane _lane = null!; // Set before the test runs.

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Address SuperToken => chain.Chain.Tokens.Aleph;

    public async ValueTask InitializeAsync()
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(redis.Connection + ",allowAdmin=true");
        await admin.GetServers()[0].FlushAllDatabasesAsync();
        await chain.Control.MineOnDemandAsync(Cancellation);
        (_node, _community) = (chain.NewAccount("node").Address, chain.NewAccount("community").Address);
        _payers = new DevAccount[Payers];
        for (var i = 0; i < Payers; i++)
            _payers[i] = await chain.NewPayerAsync(Cancellation, authorised: true);
        _lane = await StartAsync();
        await _lane.NothingWasLostAsync(Cancellation);
    }

    public async ValueTask DisposeAsync() => await _lane.DisposeAsync();

    [Fact]
    public async Task What_a_churn_leaves_on_chain_is_what_was_wanted_in_that_order_and_to_the_wei()
    {
        var start = (await chain.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        for (var round = 0; round < Rounds; round++)
        {
            await ChangeAsync(round);
            await NoteAsync();
            for (var steps = _random.Next(3); steps > 0; steps--)
                await _lane.StepAsync(Cancellation);
            if (round % 13 == 12)
                await RestartAsync();
            if (round % 16 == 15)
                await CloseByPayerAsync();
            await chain.Control.MineAsync(Cancellation);
        }

        await _lane.SettleAsync(Cancellation, most: 80);
        await NoteAsync();
        var history = await RecordAsync(start);

        Assert.Empty(HistoryChecker.Check(history));
        // A churn that came to nothing would prove nothing.
        Assert.True(
            history.Paid.Count > 8 && history.Chain.Count > 30 && history.Exchanges.Count > 15
                && history.Exchanges.OfType<Exchange.Told>().Any(t => t.Reason == Reason.FlowClosedByPayer),
            $"{history.Paid.Count} transactions, {history.Chain.Count} changes, {history.Exchanges.Count} directives and stops");
    }

    private async Task ChangeAsync(int round)
    {
        var price = FlowRate.FromWeiPerSecond(1_000_000_000L * (1 + _random.Next(4)));
        var lease = _leases.Count > 0 ? _leases.ElementAt(_random.Next(_leases.Count)) : default;
        switch (_random.Next(_leases.Count > 3 ? 5 : 2))
        {
            case 0 or 1:
                var (id, payer) = (string.Create(CultureInfo.InvariantCulture, $"lease-{round}"), _payers[_random.Next(Payers)]);
                await _lane.OpenAsync(id, payer, price, [(_node, 800_000), (_community, 200_000)], Cancellation);
                _leases[id] = payer;
                break;
            case 2 or 3:
                await _lane.ResizeAsync(lease.Key, lease.Value, price, Cancellation);
                break;
            default:
                await _lane.CloseAsync(lease.Key, lease.Value, Cancellation);
                _stopped.Add((_time.GetUtcNow(), new Exchange.Stopped(LeaseId.Parse(lease.Key))));
                _leases.Remove(lease.Key);
                break;
        }
    }

    /// <summary>The first who pays the node has enough of it.</summary>
    private async Task CloseByPayerAsync()
    {
        foreach (var payer in _payers)
        {
            if ((await _lane.FlowAsync(payer, _node, Cancellation)).Rate.IsZero)
                continue;
            var call = HostCalls.CallAgreement(chain.Contracts.Cfa, FlowCalls.Delete(SuperToken, payer.Address, _node), []);
            Assert.True((await chain.Chain.Sender.CallAsync(payer, chain.Contracts.Host, call, Cancellation)).Succeeded);
            await _lane.LookAsync(payer, Cancellation);
            return;
        }
    }

    /// <summary>What each account wants now is what its scheduler was told is accepted.</summary>
    private async Task NoteAsync()
    {
        foreach (var payer in _payers)
        {
            var book = await _lane.Accounts.LoadAsync(_lane.KeyOf(payer), Cancellation);
            _exchanges.Price(book);
            foreach (var flow in book.Account.Flows.Values)
            {
                var wanted = new WantedRate(new FlowKey(SuperToken, payer.Address, flow.Payee), flow.Generation, flow.Desired);
                if (_newest.GetValueOrDefault(wanted.Flow) == wanted)
                    continue;
                _newest[wanted.Flow] = wanted;
                _wanted.Add(wanted);
            }
        }
    }

    private async Task RestartAsync()
    {
        await _lane.DisposeAsync();
        _lane = await StartAsync();
    }

    private Task<RealLane> StartAsync() => RealLane.StartAsync(chain, redis.Connection, _time, Cancellation);

    private async Task<RecordedHistory> RecordAsync(BlockRef start)
    {
        var head = (await chain.Rpc.GetLatestBlockAsync(Cancellation)).Block;
        List<Wei> paid = [];
        foreach (var sent in await _lane.Ports.Chain.OwnTransactionsAsync(start.Number.Plus(1), head.Number, Cancellation))
            paid.Add((await _lane.Ports.Chain.ReceiptAsync(sent.Hash, Cancellation))!.Paid); // It is in a block.
        return new RecordedHistory(
            _wanted,
            await ChangesAsync(start.Number, head.Number),
            await VerifiedAsync(),
            new HashSet<Address> { chain.Chain.Accounts.Operator.Address },
            _newest.Keys.ToHashSet(),
            paid,
            (await _lane.Status.ReadAsync(Cancellation)).GasSpentToday.ToNanoCeiling(),
            [.. await BalancesAsync(_node, start, head), .. await BalancesAsync(_community, start, head)])
        {
            Exchanges = await ExchangesAsync(),
            Leases = _exchanges.Leases,
        };
    }

    private async Task<IReadOnlyList<Exchange>> ExchangesAsync()
    {
        var told = (await _lane.Directives.ReadAllAsync()).Select(d => (
            At: d.IssuedAt, What: (Exchange)new Exchange.Told(d.Lease, d.Execution, d.Reason, d.Evidence?.Block, d.Evidence?.TransactionHash)));
        return [.. _stopped.Concat(told).OrderBy(e => e.At).Select(e => e.What)];
    }

    private async Task<IReadOnlyList<ChainRate>> ChangesAsync(BlockNumber from, BlockNumber to)
    {
        var logs = await chain.Rpc.GetLogsAsync(LogFilter.OfRange(from, to, [chain.Contracts.Cfa, SuperToken], [.. FlowEvents.Topics]), Cancellation);
        List<ChainRate> changes = [];
        foreach (var update in FlowEvents.Read(logs, chain.Contracts.Cfa))
        {
            var block = (await chain.Rpc.GetBlockAsync(update.Block, Cancellation))!; // Its log says that it exists.
            changes.Add(new ChainRate(update.Flow, update.Rate, update.FlowOperator, update.Block, block.Block.Time, update.LogIndex, update.TransactionHash));
        }

        return changes;
    }

    private async Task<IReadOnlyList<VerifiedRate>> VerifiedAsync()
    {
        List<VerifiedRate> verified = [];
        await _lane.DatabaseAsync(async database =>
        {
            foreach (var line in (await database.SortedSetRangeByRankAsync(_lane.Keys.Log)).Select(l => l.ToString().Split('|')))
            {
                verified.Add(new VerifiedRate(
                    _lane.Keys.FlowOf(line[1]), ulong.Parse(line[2], CultureInfo.InvariantCulture), new BlockNumber(ulong.Parse(line[5], CultureInfo.InvariantCulture))));
            }
        });
        return verified;
    }

    /// <summary>Nobody but the gateway's flows has ever paid it.</summary>
    private async Task<ReadBalance[]> BalancesAsync(Address payee, BlockRef start, BlockRef head)
    {
        var seen = await _lane.Ports.Chain.LookAsync(new AccountKey(SuperToken, payee), [], head, Cancellation);
        return [new ReadBalance(payee, start.Time, TokenAmount.Zero), new ReadBalance(payee, seen.At, seen.AvailableBalance + seen.BufferDeposit)];
    }
}
