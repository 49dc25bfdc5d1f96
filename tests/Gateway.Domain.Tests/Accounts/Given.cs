using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Tests.Accounts;

/// <summary>What exists before a test: addresses, leases, looks at the chain.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    public static readonly Address SuperToken = Address.Parse("0x" + new string('1', 40));
    public static readonly Address Payer = Address.Parse("0x" + new string('2', 40));
    public static readonly Address Node = Address.Parse("0x" + new string('3', 40));
    public static readonly Address Community = Address.Parse("0x" + new string('4', 40));
    public static readonly AccountKey Key = new(SuperToken, Payer);
    public static readonly OperatorGrant FullGrant = new(CanCreate: true, CanUpdate: true, CanDelete: true, FlowRate.Max);
    public static readonly TokenParameters Parameters = new(14400, 1800, TokenAmount.Zero);

    public static FlowRate Rate(long weiPerSecond) => FlowRate.FromWeiPerSecond(weiPerSecond);

    public static Lease Lease(string id, long rate, int priority = 0, int bornAfterSeconds = 0, bool community = false, long pausedRate = 0) => new()
    {
        Id = LeaseId.Parse(id),
        VmId = "vm-" + id,
        Account = Key,
        Rate = Rate(rate),
        PausedRate = Rate(pausedRate),
        Payees = community
            ? [new Payee(Node, SharePpm.FromPpm(800_000), "node"), new Payee(Community, SharePpm.FromPpm(200_000), "community")]
            : [new Payee(Node, SharePpm.FromPpm(1_000_000), "node")],
        Priority = priority,
        State = LeaseState.Opening,
        Breaker = LeaseBreaker.ClosedAt(Now),
        Execution = Execution.Wait,
        OpenedAt = Now.AddSeconds(bornAfterSeconds),
        Fingerprint = id,
    };

    /// <summary>A look at block <paramref name="block"/>, one second per block.</summary>
    public static AccountObservation Look(ulong block, long balance, params (Address Payee, long Rate)[] flows)
    {
        var at = new BlockTime((ulong)Now.ToUnixTimeSeconds() + block);
        var readings = flows.Where(f => f.Rate > 0).ToImmutableDictionary(
            f => f.Payee,
            f => new FlowReading(Rate(f.Rate), at, BufferDeposit.StoredFor(Rate(f.Rate), Parameters)));
        return new AccountObservation(
            new BlockRef(new BlockNumber(block), Hash32.Parse("0x" + block.ToString("x64", System.Globalization.CultureInfo.InvariantCulture)), at),
            at,
            TokenAmount.FromWei(balance),
            readings.Values.Aggregate(TokenAmount.Zero, (sum, f) => sum + f.Deposit),
            NetFlowRate.FromWeiPerSecond(-flows.Sum(f => f.Rate)),
            FullGrant,
            readings,
            Parameters)
        {
            LastChanged = new BlockTime(at.UnixSeconds - 1),
        };
    }

    public static FlowChange Change(ulong block, Address payee, long rate, ChangeCause cause, Reason reason) => new(
        payee,
        Rate(rate),
        cause,
        reason,
        new Evidence(new BlockNumber(block), Now.AddSeconds(block), Hash32.Parse("0x" + new string('a', 64)), "log"));
}
