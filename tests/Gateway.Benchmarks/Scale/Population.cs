using System.Collections.Immutable;
using System.Globalization;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Benchmarks.Scale;

/// <summary>Accounts with their leases, all paid and running since <see cref="Since"/>: what a gateway finds that has worked for a while.</summary>
/// <param name="Since">Second of the block in which every flow was opened.</param>
internal sealed record Population(int Accounts, int LeasesEach, Address SuperToken, TokenParameters Parameters, BlockTime Since)
{
    /// <summary>Nodes that share them; one for each account.</summary>
    private const int Nodes = 100;

    private static readonly TokenAmount Balance = TokenAmount.Parse("1000000000000000000000");
    private static readonly FlowRate Rate = FlowRate.FromWeiPerSecond(15_277_777_777_777);

    public static TokenAmount Settled => Balance;

    public AccountKey KeyOf(int account) => new(SuperToken, AddressOf("5ca1e0", account));

    public FlowKey FlowOf(int account) => new(SuperToken, KeyOf(account).Payer, NodeOf(account));

    /// <summary>The sum of the account's leases.</summary>
    public FlowRate FlowRate => FlowRate.FromWeiPerSecond(Rate.WeiPerSecond * LeasesEach);

    public TokenAmount Deposit => BufferDeposit.StoredFor(FlowRate, Parameters);

    /// <summary>The book as the last look left it.</summary>
    /// <param name="block">At which it was made; later than <see cref="Since"/>.</param>
    public AccountBook BookOf(int account, BlockRef block)
    {
        var key = KeyOf(account);
        var reading = new FlowReading(FlowRate, Since, Deposit);
        var net = default(NetFlowRate).Minus(FlowRate);
        var available = Solvency.BalanceAfter(Balance, net, block.Time.UnixSeconds - Since.UnixSeconds) - Deposit;
        var health = new AccountHealth(
            block.Number, block.Time, available, Deposit, net, Solvency.CriticalAt(available, net, block.Time), OperatorGrant.Unlimited)
        {
            LastChanged = Since,
            FlowsReadAt = block.Time,
        };
        // What was used before the sum of what was streamed begins is left out of it.
        var used = MilliWei.Of(FlowRate, checked((long)(block.Time.UnixSeconds - Since.UnixSeconds) * 1000));
        var flow = new Flow(NodeOf(account), FlowRate, 1, FlowRate.Zero, reading, block.Number) { Ledger = FlowTally.Begin(reading, block, MilliWei.Zero - used) };
        var book = AccountBook.Empty(key);
        book = book with { Account = book.Account with { Health = health, Flows = ImmutableDictionary<Address, Flow>.Empty.Add(flow.Payee, flow) } };
        return Enumerable.Range(0, LeasesEach).Aggregate(book, (b, i) => b.With(LeaseOf(account, i)));
    }

    /// <summary>The ledger as it was last moved on: what flows was there when it began.</summary>
    public FlowLedger LedgerOf(int account, BlockRef block) =>
        FlowLedger.From(block, Deposit).With(NodeOf(account), new FlowReading(FlowRate, Since, Deposit));

    private Lease LeaseOf(int account, int number)
    {
        var opened = Since.ToDateTimeOffset();
        return new Lease
        {
            Id = LeaseId.Parse(string.Create(CultureInfo.InvariantCulture, $"scale-{account}-{number}")),
            VmId = string.Create(CultureInfo.InvariantCulture, $"vm-{account}-{number}"),
            Account = KeyOf(account),
            Rate = Rate,
            PaidRate = Rate,
            Payees = [new Payee(NodeOf(account), SharePpm.FromPpm(SharePpm.Whole), "node")],
            State = LeaseState.Active,
            Breaker = LeaseBreaker.ClosedAt(opened),
            Execution = Execution.Run,
            Reason = Reason.Funded,
            MayRun = true,
            OpenedAt = opened,
            Meter = Meter.Opened(opened, new MeterPrice(Rate, FlowRate.Zero, IsCutOff: false)).Told(MeterPhase.Running, opened, opened),
            Fingerprint = "scale",
        };
    }

    private static Address NodeOf(int account) => AddressOf("40de00", account % Nodes);

    private static Address AddressOf(string prefix, int number) => Address.Parse("0x" + prefix + number.ToString("x34", CultureInfo.InvariantCulture));
}
