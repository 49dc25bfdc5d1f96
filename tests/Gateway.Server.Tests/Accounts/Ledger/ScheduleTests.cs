using System.Numerics;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Accounts;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>
/// Random schedules at irregular milliseconds, told to gateways that die and are made anew, also between what they send and its block: use by the test's own
/// arithmetic, what was streamed by the balances on the real contracts, and what is carried between the two, all to the wei.
/// </summary>
public sealed class ScheduleTests : LedgerTest, IClassFixture<SteppedWorld>
{
    private const int Events = 70;
    private const int MostSecondsToEnd = 300;

    private readonly SteppedWorld _world;

    public ScheduleTests(SteppedWorld world)
        : base(world) => _world = world;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_was_used_what_was_streamed_and_what_is_carried_agree_to_the_wei(int seed)
    {
        await using var run = await ScheduleRun.StartAsync(_world, new Random(seed));
        DevAccount[] nodes = [NewNode(), NewNode(), NewNode()];
        List<AccountKey> accounts = [];
        for (var i = 0; i < 3; i++)
        {
            var payer = _world.NextPayer().Address;
            accounts.AddRange([new AccountKey(Aleph, payer), new AccountKey(Chain.Tokens.Usdcx, payer)]);
        }

        List<AccountKey> earners = [.. nodes.SelectMany(n => new[] { new AccountKey(Aleph, n.Address), new AccountKey(Chain.Tokens.Usdcx, n.Address) })];
        Dictionary<AccountKey, TokenAmount> before = [];
        foreach (var account in accounts.Concat(earners))
            before[account] = await WorthAsync(account);

        var schedule = new Schedule(run, accounts, [.. nodes.Select(n => n.Address)]);
        for (var i = 0; i < Events; i++)
            await schedule.HappenAsync();
        await schedule.EndAsync();
        for (var second = 0; !await IsStillAsync(run, accounts); second++)
        {
            Assert.InRange(second, 0, MostSecondsToEnd);
            await run.SecondAsync();
        }

        await run.SecondAsync();
        await AssertPayersAsync(run, accounts, before, schedule);
        await AssertPayeesAsync(run, earners, before, await PaidAsync(run, accounts));
        var isolated = schedule.Leases.Where(l => l.WasIsolated).Select(l => l.Id).ToHashSet(StringComparer.Ordinal);
        var ours = schedule.Leases.Select(l => l.Id).ToHashSet(StringComparer.Ordinal);
        Assert.All(
            (await run.Get<DirectiveLog>().ReadAllAsync()).Where(d => ours.Contains(d.Lease.Value) && d.Execution == Execution.Pause),
            d => Assert.Contains(d.Lease.Value, isolated));
        Assert.Empty(run.Repaired);
        Assert.True(run.DeathsBeforeABlock > 0 && run.Deaths > run.DeathsBeforeABlock, "It died too seldom to prove anything.");
    }

    private static async Task<bool> IsStillAsync(ScheduleRun run, List<AccountKey> accounts)
    {
        foreach (var account in accounts)
        {
            var book = await run.Get<AccountStore>().LoadAsync(account, Cancellation);
            if (!book.Account.Flows.IsEmpty || book.Leases.Values.Any(l => !l.IsEnded))
                return false;
        }

        return true;
    }

    private async Task AssertPayersAsync(ScheduleRun run, List<AccountKey> accounts, Dictionary<AccountKey, TokenAmount> before, Schedule schedule)
    {
        foreach (var account in accounts)
        {
            var statement = await GetAsync(run.Gateway, account);
            var leases = schedule.Leases.Where(l => l.Account == account).ToList();
            Assert.Equal("", statement.Mismatch);
            Assert.Equal(
                leases.Select(l => (l.Id, (l.Used() / 1000).ToString(System.Globalization.CultureInfo.InvariantCulture))).Order(),
                statement.Leases.Select(l => (l.LeaseId, l.Used)).Order());
            Assert.Equal(leases.Aggregate(BigInteger.Zero, (sum, l) => sum + (l.Used() / 1000)), TokenAmount.Parse(statement.Used).Wei);
            var streamed = TokenAmount.Parse(statement.Streamed);
            Assert.Equal((before[account] - await WorthAsync(account)).ToDecimal(), statement.Streamed);
            Assert.Equal((streamed - TokenAmount.Parse(statement.Used)).ToDecimal(), statement.Carried);
            Assert.Equal("0", statement.Buffer.Held);
            // The account carries thousandths: of each lease less than a wei is nobody's on a statement.
            var told = await run.Get<AccountDesk>().GetAccountAsync(new Wire.GetAccountRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString() }, Cancellation);
            var thousandths = leases.Aggregate(BigInteger.Zero, (sum, l) => sum + l.Used());
            Assert.Equal((streamed.Wei * 1000) - thousandths, BigInteger.Parse(told.Carried.Length == 0 ? "0" : told.Carried, System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static async Task<(TokenAmount Streamed, TokenAmount Used, TokenAmount Carried)> PaidAsync(ScheduleRun run, List<AccountKey> accounts)
    {
        var sum = (Streamed: TokenAmount.Zero, Used: TokenAmount.Zero, Carried: TokenAmount.Zero);
        foreach (var account in accounts)
        {
            var of = await GetAsync(run.Gateway, account);
            sum = (sum.Streamed + TokenAmount.Parse(of.Streamed), sum.Used + TokenAmount.Parse(of.Used), sum.Carried + TokenAmount.Parse(of.Carried));
        }

        return sum;
    }

    private async Task AssertPayeesAsync(
        ScheduleRun run, List<AccountKey> earners, Dictionary<AccountKey, TokenAmount> before, (TokenAmount Streamed, TokenAmount Used, TokenAmount Carried) paid)
    {
        var sum = (Streamed: TokenAmount.Zero, Used: TokenAmount.Zero, Carried: TokenAmount.Zero);
        foreach (var earner in earners)
        {
            var of = await GetOfPayeeAsync(run.Gateway, earner.SuperToken, earner.Payer);
            Assert.Equal((await WorthAsync(earner) - before[earner]).ToDecimal(), of.Streamed);
            sum = (sum.Streamed + TokenAmount.Parse(of.Streamed), sum.Used + TokenAmount.Parse(of.Used), sum.Carried + TokenAmount.Parse(of.Carried));
        }

        Assert.Equal(paid, sum);
        Assert.True(sum.Used > TokenAmount.Zero, "Nothing was used.");
    }
}
