using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;

namespace Gateway.Server.Storage.Documents;

/// <summary>A lease without its version, which the script compares, and without its account, which its place says.</summary>
internal sealed record LeaseDocument : IStoredDocument
{
    public required int V { get; init; }

    public required string Id { get; init; }

    public required string VmId { get; init; }

    public required string Rate { get; init; }

    public required string PaidRate { get; init; }

    public required string PausedRate { get; init; }

    public PricingDocument? Pricing { get; init; }

    public required IReadOnlyList<PayeeDocument> Payees { get; init; }

    public IReadOnlyList<string>? Withheld { get; init; }

    public required int Priority { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public required LeaseState State { get; init; }

    public required BreakerDocument Breaker { get; init; }

    public required Execution Execution { get; init; }

    public required Reason Reason { get; init; }

    public required DateTimeOffset OpenedAt { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    public DateTimeOffset? RestoredAt { get; init; }

    public required bool MayRun { get; init; }

    public bool? CutOff { get; init; }

    public GraceDocument? Grace { get; init; }

    public required MeterDocument Meter { get; init; }

    public DateTimeOffset? ReportedAt { get; init; }

    public DateTimeOffset? UnsettledSince { get; init; }

    public IReadOnlyList<TransactionDocument>? Transactions { get; init; }

    public required string Fingerprint { get; init; }

    public string? TraceParent { get; init; }

    public static string Write(Lease lease) => StoredDocuments.Write(From(lease), StoredDocuments.Default.LeaseDocument);

    public static Lease Read(AccountKey account, ulong version, string json) =>
        StoredDocuments.Read(json, StoredDocuments.Default.LeaseDocument).ToDomain(account, version);

    private static LeaseDocument From(Lease lease) => new()
    {
        V = 1,
        Id = lease.Id.Value,
        VmId = lease.VmId,
        Rate = lease.Rate.ToDecimal(),
        PaidRate = lease.PaidRate.ToDecimal(),
        PausedRate = lease.PausedRate.ToDecimal(),
        Pricing = PricingDocument.From(lease.Pricing),
        Payees = [.. lease.Payees.Select(p => new PayeeDocument(p.Address.ToString(), p.Share.Value, p.Role))],
        Withheld = lease.Withheld.IsEmpty ? null : [.. lease.Withheld.Order().Select(a => a.ToString())],
        Priority = lease.Priority,
        Labels = lease.Labels.IsEmpty ? null : lease.Labels,
        State = lease.State,
        Breaker = BreakerDocument.From(lease.Breaker),
        Execution = lease.Execution,
        Reason = lease.Reason,
        OpenedAt = lease.OpenedAt,
        ClosedAt = lease.ClosedAt,
        RestoredAt = lease.RestoredAt,
        MayRun = lease.MayRun,
        CutOff = lease.IsCutOff ? true : null,
        Grace = GraceDocument.From(lease.Grace),
        Meter = MeterDocument.Of(lease),
        ReportedAt = lease.ReportedAt,
        UnsettledSince = lease.UnsettledSince,
        Transactions = lease.Transactions.IsEmpty ? null : [.. lease.Transactions.Select(TransactionDocument.From)],
        Fingerprint = lease.Fingerprint,
        TraceParent = lease.TraceParent,
    };

    private Lease ToDomain(AccountKey account, ulong version)
    {
        var lease = WithoutMeter(account, version);
        return lease with { Meter = Meter.ToDomain(lease) };
    }

    private Lease WithoutMeter(AccountKey account, ulong version) => new()
    {
        Id = LeaseId.Parse(Id),
        VmId = VmId,
        Account = account,
        Rate = FlowRate.Parse(Rate),
        PaidRate = FlowRate.Parse(PaidRate),
        PausedRate = FlowRate.Parse(PausedRate),
        Pricing = Pricing?.ToDomain(),
        Payees = [.. Payees.Select(p => new Payee(Address.Parse(p.Address), SharePpm.FromPpm(p.SharePpm), p.Role))],
        Withheld = Withheld is null ? [] : [.. Withheld.Select(Address.Parse)],
        Priority = Priority,
        Labels = Labels is null ? ImmutableSortedDictionary<string, string>.Empty : Labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
        State = State,
        Breaker = Breaker.ToDomain(),
        Execution = Execution,
        Reason = Reason,
        OpenedAt = OpenedAt,
        ClosedAt = ClosedAt,
        RestoredAt = RestoredAt,
        MayRun = MayRun,
        IsCutOff = CutOff ?? false,
        Grace = Grace?.ToDomain() ?? GraceClock.Untouched,
        ReportedAt = ReportedAt,
        UnsettledSince = UnsettledSince,
        Transactions = Transactions is null ? [] : [.. Transactions.Select(t => t.ToDomain())],
        Fingerprint = Fingerprint,
        TraceParent = TraceParent,
        Version = version,
    };
}

/// <param name="List">Version of the price list.</param>
/// <param name="PausedByPlan">Null: no, what it costs while paused was named.</param>
internal sealed record PricingDocument(string Plan, IReadOnlyDictionary<string, string> Quantities, string List, bool? PausedByPlan)
{
    public static PricingDocument? From(LeasePricing? pricing) => pricing is null
        ? null
        : new(
            pricing.Resources.Plan,
            pricing.Resources.Quantities.ToImmutableSortedDictionary(q => q.Key, q => q.Value.ToDecimal(), StringComparer.Ordinal),
            pricing.ListVersion,
            pricing.IsPausedRateByPlan ? true : null);

    public LeasePricing ToDomain() =>
        new(Resources.Of(Plan, Quantities.Select(q => KeyValuePair.Create(q.Key, Quantity.Parse(q.Value)))), List, PausedByPlan ?? false);
}

internal sealed record PayeeDocument(string Address, uint SharePpm, string Role);

internal sealed record BreakerDocument(BreakerState State, Reason Reason, DateTimeOffset ChangedAt, DateTimeOffset? ProbeAt, int Strikes)
{
    public static BreakerDocument From(LeaseBreaker breaker) =>
        new(breaker.State, breaker.Reason, breaker.ChangedAt, breaker.ProbeAt, breaker.Strikes);

    public LeaseBreaker ToDomain() => new(State, Reason, ChangedAt, ProbeAt, Strikes);
}

/// <param name="SpentMilliseconds">Until <paramref name="Since"/>.</param>
internal sealed record GraceDocument(GraceMode Mode, DateTimeOffset Since, long SpentMilliseconds)
{
    public static GraceDocument? From(GraceClock grace) =>
        grace == GraceClock.Untouched ? null : new(grace.Mode, grace.Since, (long)grace.Spent.TotalMilliseconds);

    public GraceClock ToDomain() => new(Mode, Since, TimeSpan.FromMilliseconds(SpentMilliseconds));
}

internal sealed record TransactionDocument(string Hash, string Kind, ulong Block, DateTimeOffset BlockTime, string? BufferLost = null)
{
    public static TransactionDocument From(LeaseTransaction transaction) =>
        new(transaction.Hash.ToString(), transaction.Kind, transaction.Block.Value, transaction.BlockTime, transaction.BufferLost?.ToDecimal());

    public LeaseTransaction ToDomain() => new(Hash32.Parse(Hash), Kind, new BlockNumber(Block), BlockTime)
    {
        BufferLost = BufferLost is null ? null : TokenAmount.Parse(BufferLost),
    };
}
