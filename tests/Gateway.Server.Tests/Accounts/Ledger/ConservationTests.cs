using System.Numerics;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Web.Rest;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Several payers, payees and tokens, random schedules, hands that are not ours, a liquidation, and gateways that come and go: every wei is on two statements.</summary>
public sealed class ConservationTests(SteppedWorld stepped) : LedgerTest(stepped), IClassFixture<SteppedWorld>
{
    private const int Steps = 60;
    private const ulong SecondsKept = 3_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_payers_paid_is_what_payees_earned_and_what_their_balances_moved_by(int seed)
    {
        var dice = new Random(seed);
        DevAccount[] payers = [await NewPayerAsync(), await NewPayerAsync(), await NewPayerAsync()];
        DevAccount[] nodes = [NewNode(), NewNode(), NewNode()];
        await Chain.FundAsync(Funds.OfPayer, nodes, Cancellation);
        Address[] tokens = [Aleph, Chain.Tokens.Usdcx];
        List<AccountKey> accounts = [.. payers.SelectMany(p => tokens.Select(t => new AccountKey(t, p.Address)))];
        List<AccountKey> earners = [.. nodes.SelectMany(n => tokens.Select(t => new AccountKey(t, n.Address)))];
        Dictionary<AccountKey, List<Lease>> leases = [];
        await using (var gateway = await NewGatewayAsync())
        {
            foreach (var account in accounts)
            {
                leases[account] = [];
                for (var i = 0; i < 2; i++)
                    leases[account].Add(await StoreAsync(gateway, account, Pick(dice, nodes), FlowRate.FromWeiPerSecond(dice.NextInt64(1, 1_000_000_007)), (meter, at) => (RandomRun(dice, meter, at), at)));
            }
        }

        Dictionary<AccountKey, TokenAmount> before = [];
        foreach (var account in accounts.Concat(earners))
            before[account] = await WorthAsync(account);

        HashSet<FlowKey> open = [];
        await ChurnAsync(dice, payers, nodes, leases, open);
        var lost = await LiquidateAsync(payers[0], open);
        await PassAsync((ulong)dice.Next(1, 5_000));

        await using var last = await NewGatewayAsync();
        var (paidIn, earnedIn) = (new Dictionary<Address, TokenAmount>(), new Dictionary<Address, TokenAmount>());
        var (usedOf, usedFor) = (TokenAmount.Zero, TokenAmount.Zero);
        foreach (var account in accounts)
        {
            var statement = await AssertPayerAsync(last, account, before[account], leases[account], account == lost.Account ? lost : (account, TokenAmount.Zero, TokenAmount.Zero));
            paidIn[account.SuperToken] = paidIn.GetValueOrDefault(account.SuperToken) + TokenAmount.Parse(statement.Streamed);
            usedOf += TokenAmount.Parse(statement.Used);
        }

        foreach (var earner in earners)
        {
            var statement = await GetOfPayeeAsync(last, earner.SuperToken, earner.Payer);
            Assert.Equal((await WorthAsync(earner) - before[earner]).ToDecimal(), statement.Streamed);
            earnedIn[earner.SuperToken] = earnedIn.GetValueOrDefault(earner.SuperToken) + TokenAmount.Parse(statement.Streamed);
            usedFor += TokenAmount.Parse(statement.Used);
            Assert.Equal(TokenAmount.Parse(statement.Streamed) - TokenAmount.Parse(statement.Used), TokenAmount.Parse(statement.ClosingCarry));
            AssertSameInEveryForm(statement);
        }

        Assert.Equal(paidIn.OrderBy(p => p.Key), earnedIn.OrderBy(p => p.Key));
        Assert.Equal(usedOf, usedFor);
    }

    private async Task ChurnAsync(Random dice, DevAccount[] payers, DevAccount[] nodes, Dictionary<AccountKey, List<Lease>> leases, HashSet<FlowKey> open)
    {
        List<AccountKey> accounts = [.. leases.Keys];
        for (var step = 0; step < Steps; step++)
        {
            var account = accounts[dice.Next(accounts.Count)];
            // Only to those whom a lease of the account pays: others are nobody's business here.
            var paid = leases[account].SelectMany(l => l.Payees).Select(p => p.Address).Distinct().ToList();
            await ChangeAsync(dice, payers.Single(p => p.Address == account.Payer), new FlowKey(account.SuperToken, account.Payer, paid[dice.Next(paid.Count)]), nodes, open);
            if (step % 20 == 10)
            {
                // One that is gone right after, in the middle of it all.
                await using var passing = await NewGatewayAsync();
                await GetAsync(passing, account);
            }
        }
    }

    private async Task<Wire.Statement> AssertPayerAsync(
        SteppedGateway gateway, AccountKey account, TokenAmount before, List<Lease> leases, (AccountKey Account, TokenAmount GivenAway, TokenAmount Lost) lost)
    {
        var statement = await GetAsync(gateway, account);
        AssertSameInEveryForm(statement);
        Assert.Equal("", statement.Mismatch);
        var streamed = TokenAmount.Parse(statement.Streamed);
        Assert.Equal(before - streamed - lost.GivenAway - lost.Lost, await WorthAsync(account));
        Assert.Equal(lost.Lost.ToDecimal(), statement.Buffer.Lost);
        Assert.Equal(TokenAmount.Parse(statement.Buffer.Taken), TokenAmount.Parse(statement.Buffer.Returned) + lost.Lost + TokenAmount.Parse(statement.Buffer.Held));
        Assert.Equal(leases.Aggregate(TokenAmount.Zero, (sum, l) => sum + UsedOf(l)).ToDecimal(), statement.Used);
        Assert.Equal((streamed - TokenAmount.Parse(statement.Used)).ToDecimal(), statement.Carried);
        return statement;
    }

    private async Task ChangeAsync(Random dice, DevAccount payer, FlowKey flow, DevAccount[] nodes, HashSet<FlowKey> open)
    {
        var rate = FlowRate.FromWeiPerSecond(dice.NextInt64(1, 1_000_000_000_007));
        // The same second as often as an hour: a rate that lasts no second streams nothing.
        var seconds = dice.Next(4) == 0 ? 0UL : (ulong)dice.Next(1, 3_600);
        await AtAsync(Math.Max(seconds, 1), async () =>
        {
            if (open.Add(flow))
                return await CallCfaAsync(payer, FlowCalls.Create(flow.SuperToken, flow.Payee, rate));
            if (dice.Next(3) > 0)
                return await CallCfaAsync(payer, FlowCalls.Update(flow.SuperToken, flow.Payee, rate));
            open.Remove(flow);
            var by = dice.Next(3) == 0 ? nodes.Single(n => n.Address == flow.Payee) : payer;
            return await CallCfaAsync(by, FlowCalls.Delete(flow.SuperToken, flow.Payer, flow.Payee));
        });
    }

    /// <summary>The payer gives all but a little away, and somebody ends what he cannot pay any more.</summary>
    private async Task<(AccountKey Account, TokenAmount GivenAway, TokenAmount Lost)> LiquidateAsync(DevAccount payer, HashSet<FlowKey> open)
    {
        var account = new AccountKey(Aleph, payer.Address);
        var stranger = await NewPayerAsync();
        var flow = open.First(f => f.Account == account);
        // He keeps what his flows take in so many seconds after the block of the transfer, whose second is given: no clock has a say in it.
        var next = (await HeadAsync()).Time.PlusSeconds(1);
        var (given, kept) = (await AvailableAsync(account, next), await OutflowAsync(account));
        given -= kept.Over(SecondsKept);
        var transfer = await AtAsync(1, () => Chain.Sender.CallAsync(payer, Aleph, TokenCalls.Transfer(Chain.Accounts.Governor.Address, given), Cancellation));
        Assert.Equal((true, next), (transfer.Succeeded, (await HeadAsync()).Time));
        await PassAsync(SecondsKept + 1);
        var deletion = await AtAsync(7, () => CallCfaAsync(stranger, FlowCalls.Delete(Aleph, payer.Address, flow.Payee)));
        Assert.True(deletion.Succeeded);
        await using var gateway = await NewGatewayAsync();
        return (account, given, TokenAmount.Parse((await GetAsync(gateway, account)).Buffer.Lost));
    }

    private async Task<TokenAmount> AvailableAsync(AccountKey account, BlockTime at) =>
        await TokenViews.AvailableBalance(account, at).AskAsync(Chain.Anvil.Rpc, (await HeadAsync()).Number, Cancellation);

    /// <summary>Of all flows of his: nobody pays him.</summary>
    private async Task<FlowRate> OutflowAsync(AccountKey account)
    {
        var flows = await new AgreementViews(Chain.Contracts).AccountFlows(account).AskAsync(Chain.Anvil.Rpc, (await HeadAsync()).Number, Cancellation);
        return FlowRate.FromWeiPerSecond(-flows.Net.WeiPerSecond);
    }

    private static Meter RandomRun(Random dice, Meter meter, DateTimeOffset at)
    {
        for (var i = dice.Next(1, 12); i > 0; i--)
        {
            at = at.AddMilliseconds(dice.Next(1, 30_000));
            meter = dice.Next(4) == 0
                ? meter.Priced(at, p => p with { Running = FlowRate.FromWeiPerSecond(dice.NextInt64(1, 1_000_000_007)) })
                : meter.Told(dice.Next(2) == 0 ? MeterPhase.Running : MeterPhase.Paused, at, at);
        }

        return meter.Told(MeterPhase.Stopped, at.AddMilliseconds(1_001), at.AddMilliseconds(1_001));
    }

    /// <summary>floor(Σ rate × ms / 1000), by itself.</summary>
    private static TokenAmount UsedOf(Lease lease)
    {
        var sum = lease.Meter.OpenIntervals(DateTimeOffset.MaxValue.AddDays(-1)).Aggregate(BigInteger.Zero, (s, i) => s + ((BigInteger)i.Rate.WeiPerSecond * i.Milliseconds));
        return TokenAmount.FromWei(sum / 1000);
    }

    private static Address[] Pick(Random dice, DevAccount[] nodes) => [.. nodes.OrderBy(_ => dice.Next()).Take(dice.Next(1, nodes.Length + 1)).Select(n => n.Address)];

    private static void AssertSameInEveryForm(Wire.Statement statement)
    {
        var dto = statement.ToDto();
        Assert.Equal((statement.Used, statement.Streamed, statement.Carried, statement.OpeningCarry, statement.ClosingCarry), (dto.Used, dto.Streamed, dto.Carried, dto.OpeningCarry, dto.ClosingCarry));
        var rows = Csv.Read(StatementTable.Write(statement));
        Assert.Equal(statement.Flows.Select(f => (f.Streamed, f.OpenedBy)), rows.Where(r => r["kind"] == "flow").Select(r => (r["streamed"], r["transaction"])));
        Assert.Equal(statement.Leases.Select(l => (l.LeaseId, l.Used)), rows.Where(r => r["kind"] == "lease").Select(r => (r["lease_id"], r["used"])));
        Assert.Equal(statement.Buffers.Select(b => (b.Taken, b.Returned, b.Lost)), rows.Where(r => r["kind"] == "buffer").Select(r => (r["buffer_taken"], r["buffer_returned"], r["buffer_lost"])));
        var total = rows.Single(r => r["kind"] == "total");
        Assert.Equal((statement.Used, statement.Streamed, statement.Carried), (total["used"], total["streamed"], total["carried"]));
        Assert.Equal(statement.Streamed, Sum(statement.Flows.Select(f => f.Streamed)));
        Assert.Equal(statement.Used, Sum(statement.Leases.Select(l => l.Used)));
        Assert.All(statement.Leases, l => Assert.Equal(l.Used, Sum(l.Parts.Select(p => p.Used))));
    }

    private static void AssertSameInEveryForm(Wire.PayeeStatement statement)
    {
        var rows = Csv.Read(StatementTable.Write(statement));
        Assert.Equal(statement.Streamed, Sum(rows.Where(r => r["kind"] == "flow").Select(r => r["streamed"])));
        Assert.Equal(statement.Used, Sum(rows.Where(r => r["kind"] == "lease").Select(r => r["used"])));
        Assert.Equal(statement.Used, rows.Single(r => r["kind"] == "total")["used"]);
        Assert.Equal(statement.Streamed, statement.ToDto().Streamed);
    }

    private static string Sum(IEnumerable<string> amounts) => amounts.Aggregate(TokenAmount.Zero, (sum, a) => sum + TokenAmount.Parse(a)).ToDecimal();
}

/// <summary>Tables read back.</summary>
internal static class Csv
{
    public static List<Dictionary<string, string>> Read(string text)
    {
        var lines = text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(',')).ToList();
        return [.. lines.Skip(1).Select(cells => lines[0].Zip(cells).ToDictionary(c => c.First, c => c.Second, StringComparer.Ordinal))];
    }
}
