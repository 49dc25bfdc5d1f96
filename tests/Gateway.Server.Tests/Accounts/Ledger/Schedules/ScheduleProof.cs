using System.Globalization;
using System.Numerics;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Google.Protobuf.WellKnownTypes;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>What statements say, as payers and payees are told by gRPC, held against the plan of the schedule and against the balances on the real contracts.</summary>
internal sealed class ScheduleProof(ScheduleStage stage, IReadOnlyList<AccountKey> accounts, IReadOnlyList<AccountKey> earners)
{
    private readonly Dictionary<AccountKey, TokenAmount> _before = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DevnetChain Chain => stage.World.Chain;

    /// <summary>What of an account's money went elsewhere than through its flows: given away, or lost with a buffer.</summary>
    public Dictionary<AccountKey, (TokenAmount GivenAway, TokenAmount Lost)> Elsewhere { get; } = [];

    public async Task BeginAsync()
    {
        var head = await HeadAsync();
        foreach (var account in accounts.Concat(earners))
            _before[account] = (await WorthAsync(account, head)).Worth;
    }

    /// <summary>Returns a second after everything is closed.</summary>
    public async Task UntilStillAsync(int mostSeconds)
    {
        for (var second = 0; !await IsStillAsync(); second++)
        {
            Assert.InRange(second, 0, mostSeconds);
            await stage.SecondAsync();
        }

        await stage.SecondAsync();
    }

    private async Task<bool> IsStillAsync()
    {
        foreach (var account in accounts)
        {
            var leases = await stage.AskAsync(c => c.Leases.ListLeasesAsync(new ListLeasesRequest { Payer = $"{account.Payer}", Token = $"{account.SuperToken}", PageSize = 1000 }));
            var told = await TellAsync(account);
            if (leases.Leases.Any(l => l.State != LeaseState.Closed) || told.Drifts.Any(d => d.Since is not null))
                return false;
        }

        return true;
    }

    /// <summary>In the middle of it: what has flowed by some second is what balances have moved by, buffers are where they are said to be, and no wei is lost or made.</summary>
    public async Task CheckOnTheWayAsync()
    {
        var head = await HeadAsync();
        var sum = new Dictionary<Address, TokenAmount>();
        foreach (var account in accounts)
        {
            var statement = await StateAsync(account, head.Time);
            var (worth, buffer) = await WorthAsync(account, head);
            Assert.Equal("", statement.Mismatch);
            Assert.Equal((LeftOf(account) - worth).ToDecimal(), statement.Streamed);
            Assert.Equal(buffer.ToDecimal(), statement.Buffer.Held);
            sum[account.SuperToken] = sum.GetValueOrDefault(account.SuperToken) + LeftOf(account) - worth;
        }

        foreach (var earner in earners)
            sum[earner.SuperToken] = sum.GetValueOrDefault(earner.SuperToken) - ((await WorthAsync(earner, head)).Worth - _before[earner]);
        Assert.All(sum.Values, left => Assert.Equal(TokenAmount.Zero, left));
    }

    /// <summary>At the end: used, streamed and carried, of payers and payees, to the wei.</summary>
    public async Task CheckAsync(IReadOnlyList<PlannedLease> leases)
    {
        var head = await HeadAsync();
        var paid = Sums.Zero;
        foreach (var account in accounts)
            paid += await CheckPayerAsync(account, head, [.. leases.Where(l => l.Account == account)]);
        var earned = Sums.Zero;
        foreach (var earner in earners)
            earned += await CheckPayeeAsync(earner, head, [.. leases.Where(l => l.Account.SuperToken == earner.SuperToken)]);
        Assert.Equal(paid, earned);
        Assert.True(earned.Used > TokenAmount.Zero, "Nothing was used.");
    }

    private async Task<Sums> CheckPayerAsync(AccountKey account, BlockRef head, List<PlannedLease> leases)
    {
        var statement = await StateAsync(account, to: null);
        var (worth, buffer) = await WorthAsync(account, head);
        Assert.Equal("", statement.Mismatch);
        Assert.Equal(leases.Select(l => (l.Id, Text(l.Used() / 1000))).Order(), statement.Leases.Select(l => (l.LeaseId, l.Used)).Order());
        Assert.Equal(
            leases.SelectMany(l => l.Parts().Select(p => (l.Id, $"{p.Key}", Text(p.Value)))).Order(),
            statement.Leases.SelectMany(l => l.Parts.Select(p => (l.LeaseId, p.Payee.ToLowerInvariant(), p.Used))).Order());
        Assert.Equal(Text(leases.Aggregate(BigInteger.Zero, (sum, l) => sum + (l.Used() / 1000))), statement.Used);
        var streamed = TokenAmount.Parse(statement.Streamed);
        Assert.Equal((LeftOf(account) - worth).ToDecimal(), statement.Streamed);
        Assert.Equal((streamed - TokenAmount.Parse(statement.Used)).ToDecimal(), statement.Carried);
        Assert.Equal((TokenAmount.Zero, "0"), (buffer, statement.Buffer.Held));
        var lost = Elsewhere.GetValueOrDefault(account).Lost;
        Assert.Equal(lost.ToDecimal(), statement.Buffer.Lost);
        Assert.Equal(TokenAmount.Parse(statement.Buffer.Taken), TokenAmount.Parse(statement.Buffer.Returned) + lost);
        // The account carries thousandths: of each lease less than a wei is nobody's on a statement.
        var carried = (await TellAsync(account)).Carried;
        Assert.Equal((streamed.Wei * 1000) - leases.Aggregate(BigInteger.Zero, (sum, l) => sum + l.Used()), BigInteger.Parse(carried.Length == 0 ? "0" : carried, CultureInfo.InvariantCulture));
        return Sums.Of(statement.Streamed, statement.Used, statement.Carried);
    }

    private async Task<Sums> CheckPayeeAsync(AccountKey earner, BlockRef head, List<PlannedLease> leases)
    {
        var of = await stage.AskAsync(c => c.Accounts.GetPayeeStatementAsync(new GetPayeeStatementRequest { Payee = $"{earner.Payer}", Token = $"{earner.SuperToken}" }));
        Assert.Equal("", of.Mismatch);
        Assert.Equal(((await WorthAsync(earner, head)).Worth - _before[earner]).ToDecimal(), of.Streamed);
        var parts = leases.Where(l => l.Shares.Any(s => s.Payee == earner.Payer)).ToDictionary(l => l.Id, l => l.Parts()[earner.Payer], StringComparer.Ordinal);
        Assert.Equal(parts.Select(p => (p.Key, Text(p.Value))).Order(), of.Leases.Select(l => (l.LeaseId, l.Used)).Order());
        Assert.Equal(Text(parts.Values.Aggregate(BigInteger.Zero, (sum, p) => sum + p)), of.Used);
        return Sums.Of(of.Streamed, of.Used, of.Carried);
    }

    /// <summary>What it had, less what went elsewhere.</summary>
    private TokenAmount LeftOf(AccountKey account) =>
        _before[account] - Elsewhere.GetValueOrDefault(account).GivenAway - Elsewhere.GetValueOrDefault(account).Lost;

    private Task<Statement> StateAsync(AccountKey account, BlockTime? to) => stage.AskAsync(c => c.Accounts.GetStatementAsync(new GetStatementRequest
    {
        Payer = $"{account.Payer}",
        Token = $"{account.SuperToken}",
        To = to is { } second ? new Timestamp { Seconds = (long)second.UnixSeconds } : null,
    }));

    private Task<Account> TellAsync(AccountKey account) =>
        stage.AskAsync(c => c.Accounts.GetAccountAsync(new GetAccountRequest { Payer = $"{account.Payer}", Token = $"{account.SuperToken}" }));

    private async Task<BlockRef> HeadAsync() => (await Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;

    /// <summary>All that is an account's at a block: what it can spend, and its buffers.</summary>
    private async Task<(TokenAmount Worth, TokenAmount Buffer)> WorthAsync(AccountKey account, BlockRef at)
    {
        var flows = await new AgreementViews(Chain.Contracts).AccountFlows(account).AskAsync(Chain.Anvil.Rpc, at.Number, Cancellation);
        return (flows.Deposit + await TokenViews.AvailableBalance(account, at.Time).AskAsync(Chain.Anvil.Rpc, at.Number, Cancellation), flows.Deposit);
    }

    private static string Text(BigInteger amount) => amount.ToString(CultureInfo.InvariantCulture);

    private sealed record Sums(TokenAmount Streamed, TokenAmount Used, TokenAmount Carried)
    {
        public static readonly Sums Zero = new(TokenAmount.Zero, TokenAmount.Zero, TokenAmount.Zero);

        public static Sums Of(string streamed, string used, string carried) => new(TokenAmount.Parse(streamed), TokenAmount.Parse(used), TokenAmount.Parse(carried));

        public static Sums operator +(Sums left, Sums right) => new(left.Streamed + right.Streamed, left.Used + right.Used, left.Carried + right.Carried);
    }
}
