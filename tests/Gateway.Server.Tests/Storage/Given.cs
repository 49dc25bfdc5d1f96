using System.Collections.Immutable;
using System.Globalization;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Storage;

namespace Gateway.Server.Tests.Storage;

/// <summary>What exists before a test.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, 123, TimeSpan.Zero);

    public static readonly Address Token = Address(0x70);
    public static readonly Address Payee = Address(0xbb);
    public static readonly AccountKey Account = new(Token, Address(0xaa));

    public static readonly Evidence Evidence = new(
        new BlockNumber(77), new DateTimeOffset(2026, 11, 24, 11, 59, 58, TimeSpan.Zero), Hash(0xcd), "flow deleted by its payer");

    public static Address Address(int seed) => Domain.Identity.Address.Parse("0x" + seed.ToString("x40", CultureInfo.InvariantCulture));

    public static Hash32 Hash(long seed) => Hash32.Parse("0x" + seed.ToString("x64", CultureInfo.InvariantCulture));

    public static FlowRate Rate(long weiPerSecond) => FlowRate.FromWeiPerSecond(weiPerSecond);

    /// <summary>A flow that ended, its buffer lost in part.</summary>
    public static FlowSegment Segment => new(
        Payee,
        Rate(805),
        TokenAmount.FromWei(14_400_000),
        SegmentBegin.By(new SegmentEdge(
            new LedgerMark(new BlockTime(1_795_521_600), new BlockNumber(77), 3, Hash(0xab)),
            ChangeCause.ByUs,
            new BufferMove(TokenAmount.FromWei(14_400_000), TokenAmount.Zero, TokenAmount.Zero))),
        new SegmentEdge(
            new LedgerMark(new BlockTime(1_795_525_200), new BlockNumber(99), 8, Hash(0xcd)),
            ChangeCause.Liquidated,
            new BufferMove(TokenAmount.Zero, TokenAmount.FromWei(14_000_000), TokenAmount.FromWei(400_000))));

    /// <summary>A flow that was open before its ledger began.</summary>
    public static FlowSegment OlderSegment => Segment with { Begin = SegmentBegin.Before(new BlockTime(1_795_518_000), new BlockTime(1_795_500_007)) };

    /// <summary>One that begins at a first lease.</summary>
    public static FlowLedger BegunLedger => Ledger with
    {
        Open = Ledger.Open.SetItem(Address(0xdd), OlderSegment with { Payee = Address(0xdd), End = null }),
        Origin = new LedgerOrigin(new BlockRef(new BlockNumber(70), Hash(0x70), new BlockTime(1_795_518_000)), TokenAmount.FromWei(28_800_000)),
    };

    public static FlowLedger Ledger => new(
        new BlockRef(new BlockNumber(123), Hash(0xef), new BlockTime(1_795_528_800)),
        ImmutableSortedDictionary<Address, FlowSegment>.Empty.Add(Address(0xcc), Segment with { Payee = Address(0xcc), End = null }),
        ImmutableSortedDictionary<Address, TokenAmount>.Empty.Add(Payee, TokenAmount.FromWei(2_898_000)));

    public static ClosedPeriod Period => new(
        "2026-11",
        new BlockTime(1_793_491_200),
        new BlockTime(1_796_083_200),
        Now.AddDays(10),
        """{"payer":"0x…"}""",
        "abcdef",
        ImmutableSortedDictionary<Address, TokenAmount>.Empty.Add(Payee, TokenAmount.FromWei(-7)),
        ImmutableSortedDictionary<LeaseId, LeaseReading>.Empty.Add(
            LeaseId.Parse("lease:1"), new LeaseReading(1_500, ImmutableSortedDictionary<Address, TokenAmount>.Empty.Add(Payee, TokenAmount.FromWei(1_207)))));

    /// <summary>A freshly opened lease.</summary>
    public static Lease Lease(string id, AccountKey? account = null) => new()
    {
        Id = LeaseId.Parse(id),
        VmId = "vm-" + id,
        Account = account ?? Account,
        Rate = Rate(1000),
        Payees = [new Payee(Payee, SharePpm.FromPpm(SharePpm.Whole), "node")],
        State = LeaseState.Opening,
        Breaker = LeaseBreaker.ClosedAt(Now),
        Execution = Execution.Wait,
        OpenedAt = Now,
        Fingerprint = "f-" + id,
    };

    /// <summary>A meter of which every field has a value that is not its default.</summary>
    public static Meter FullMeter { get; } = new()
    {
        From = MeterTime.Whole(Now.AddMilliseconds(1)),
        End = Now.AddHours(1),
        Reports = [new PhaseMark(Now.AddSeconds(10), Now.AddSeconds(9.5), MeterPhase.Running), new PhaseMark(Now.AddSeconds(20), Now.AddSeconds(20), MeterPhase.Paused)],
        Prices = [new PriceMark(Now.AddSeconds(10), new MeterPrice(Rate(1000), Rate(7), IsCutOff: false)), new PriceMark(Now.AddSeconds(30), new MeterPrice(FlowRate.Max, Rate(7), IsCutOff: true))],
        FixedBefore = Now.AddSeconds(15),
        Sealed = new UsageSum(
            Now.AddSeconds(10),
            123_456_789,
            MilliWei.Of(FlowRate.Max, 123_456_789),
            ImmutableSortedDictionary<Address, MilliWei>.Empty.Add(Payee, MilliWei.Of(FlowRate.Max, 123_456_788)).Add(Address(0xcc), MilliWei.Of(FlowRate.Max, 1))),
    };

    /// <summary>A lease of which every field has a value that is not its default.</summary>
    public static Lease FullLease(string id) => Lease(id) with
    {
        Rate = FlowRate.Max,
        PaidRate = Rate(999),
        PausedRate = Rate(7),
        Payees =
        [
            new Payee(Payee, SharePpm.FromPpm(800_001), "node"),
            new Payee(Address(0xcc), SharePpm.FromPpm(199_999), "community \"ü\""),
        ],
        Withheld = [Address(0xcc)],
        Priority = -5,
        Labels = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("zone", "a|b"), KeyValuePair.Create("tier", "")]),
        State = LeaseState.Paused,
        Breaker = new LeaseBreaker(BreakerState.Open, Reason.FlowClosedByPayer, Now.AddSeconds(1), Now.AddSeconds(31), 3),
        Execution = Execution.Pause,
        Reason = Reason.FlowClosedByPayer,
        ClosedAt = Now.AddHours(1),
        MayRun = true,
        Meter = FullMeter,
        Transactions = [new LeaseTransaction(Hash(1), "open", new BlockNumber(70), Now.AddSeconds(-5)), new LeaseTransaction(Hash(2), "external", new BlockNumber(77), Now)],
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };

    /// <summary>An account of which every field has a value that is not its default.</summary>
    public static Account FullAccount() => new()
    {
        Key = Account,
        Flows = new[]
        {
            new Flow(Payee, Rate(800), 12, Rate(5), new FlowReading(Rate(805), new BlockTime(1_795_521_600), TokenAmount.FromWei(14_400_000)), new BlockNumber(77)),
            new Flow(Address(0xcc), FlowRate.Zero, 3, FlowRate.Zero, FlowReading.None, default),
        }.ToImmutableDictionary(f => f.Payee),
        Health = new AccountHealth(
            new BlockNumber(77),
            new BlockTime(1_795_521_600),
            TokenAmount.FromWei(System.Numerics.BigInteger.Pow(-10, 23)),
            TokenAmount.FromWei(14_400_000),
            NetFlowRate.FromWeiPerSecond(-805),
            new BlockTime(1_795_530_000),
            new OperatorGrant(CanCreate: true, CanUpdate: false, CanDelete: true, FlowRate.Max)),
    };

    /// <summary>How <see cref="FullAccount"/> looks while nothing about it is in doubt.</summary>
    public static QuietAccount Quiet { get; } = new(
        new AccountGlance(
            new BlockNumber(77),
            new BlockTime(1_795_521_600),
            TokenAmount.FromWei(System.Numerics.BigInteger.Pow(-10, 23)),
            TokenAmount.FromWei(14_400_000),
            NetFlowRate.FromWeiPerSecond(-805),
            new BlockTime(1_795_521_500),
            new OperatorGrant(CanCreate: true, CanUpdate: false, CanDelete: true, FlowRate.Max)),
        Now.AddMinutes(9));

    public static AccountBook Book(AccountKey? account = null, params Lease[] leases)
    {
        var book = AccountBook.Empty(account ?? Account);
        return leases.Aggregate(book, (b, lease) => b.With(lease));
    }
}
