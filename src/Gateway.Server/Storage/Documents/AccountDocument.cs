using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Server.Storage.Documents;

/// <summary>An account without what its key says (token, payer) and without its version, which the script compares.</summary>
/// <param name="WarnedBelowSeconds">The threshold that the payer was warned of.</param>
internal sealed record AccountDocument(
    int V, IReadOnlyList<FlowDocument> Flows, HealthDocument? Health, long? WarnedBelowSeconds = null, bool? AllowanceLow = null, CarriedDocument? Carried = null)
    : IStoredDocument
{
    public static string Write(Account account) => StoredDocuments.Write(
        new AccountDocument(
            1,
            [.. account.Flows.Values.OrderBy(f => f.Payee).Select(FlowDocument.From)],
            HealthDocument.From(account.Health),
            account.Warnings.Threshold is { } threshold ? (long)threshold.TotalSeconds : null,
            account.Warnings.AllowanceLow ? true : null,
            CarriedDocument.From(account.Carried)),
        StoredDocuments.Default.AccountDocument);

    public static Account Read(AccountKey key, ulong version, string json)
    {
        var document = StoredDocuments.Read(json, StoredDocuments.Default.AccountDocument);
        return new Account
        {
            Key = key,
            Version = version,
            Flows = document.Flows.Select(f => f.ToDomain()).ToImmutableDictionary(f => f.Payee),
            Health = document.Health?.ToDomain(),
            Warnings = new AccountWarnings(
                document.WarnedBelowSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, document.AllowanceLow ?? false),
            Carried = document.Carried?.ToDomain() ?? CarriedRemainder.None,
        };
    }
}

/// <param name="Rate">Observed, like the next three.</param>
/// <param name="LastUpdated">Seconds since 1970, by the chain's clock.</param>
internal sealed record FlowDocument(
    string Payee, string Desired, ulong Generation, string Foreign, string Rate, ulong LastUpdated, string Deposit, ulong ObservedAt,
    string? Unclaimed = null, uint? UnclaimedLeases = null, TallyDocument? Ledger = null, CorrectionDocument? Correction = null)
{
    public static FlowDocument From(Flow flow) => new(
        flow.Payee.ToString(),
        flow.Desired.ToDecimal(),
        flow.Generation,
        flow.Foreign.ToDecimal(),
        flow.Observed.Rate.ToDecimal(),
        flow.Observed.LastUpdated.UnixSeconds,
        flow.Observed.Deposit.ToDecimal(),
        flow.ObservedAt.Value,
        flow.Unclaimed.Leases == 0 ? null : flow.Unclaimed.Rate.ToDecimal(),
        flow.Unclaimed.Leases == 0 ? null : flow.Unclaimed.Leases,
        TallyDocument.From(flow.Ledger),
        CorrectionDocument.From(flow.Correction));

    public Flow ToDomain() => new(
        Address.Parse(Payee),
        FlowRate.Parse(Desired),
        Generation,
        FlowRate.Parse(Foreign),
        new FlowReading(FlowRate.Parse(Rate), new BlockTime(LastUpdated), TokenAmount.Parse(Deposit)),
        new BlockNumber(ObservedAt))
    {
        Unclaimed = Unclaimed is null ? UnclaimedRate.None : new UnclaimedRate(FlowRate.Parse(Unclaimed), UnclaimedLeases ?? 0),
        Ledger = Ledger?.ToDomain(),
        Correction = Correction?.ToDomain() ?? FlowCorrection.None,
    };
}

/// <param name="Since">Seconds since 1970, like <paramref name="Through"/>, <paramref name="LastUpdated"/> and <paramref name="EstimatedFrom"/>.</param>
/// <param name="Total">In wei, like <paramref name="Ours"/>.</param>
/// <param name="Settled">Thousandths of a wei, signed.</param>
internal sealed record TallyDocument(
    ulong Since, ulong Block, ulong Through, string Rate, ulong LastUpdated, string Total, string Ours, string Settled, ulong? EstimatedFrom = null)
{
    public static TallyDocument? From(FlowTally? ledger) => ledger is null
        ? null
        : new TallyDocument(
            ledger.Since.UnixSeconds,
            ledger.Block.Value,
            ledger.Through.UnixSeconds,
            ledger.Rate.ToDecimal(),
            ledger.LastUpdated.UnixSeconds,
            ledger.Total.ToDecimal(),
            ledger.Ours.ToDecimal(),
            ledger.Settled.ToDecimal(),
            ledger.EstimatedFrom?.UnixSeconds);

    public FlowTally ToDomain() => new(
        new BlockTime(Since),
        new BlockNumber(Block),
        new BlockTime(Through),
        FlowRate.Parse(Rate),
        new BlockTime(LastUpdated),
        TokenAmount.Parse(Total),
        TokenAmount.Parse(Ours))
    {
        Settled = MilliWei.Parse(Settled),
        EstimatedFrom = EstimatedFrom is { } from ? new BlockTime(from) : null,
    };
}

/// <param name="Trim">Wei per second, signed.</param>
/// <param name="KeptUntil">Seconds since 1970.</param>
internal sealed record CorrectionDocument(string? Trim = null, string? Lacking = null, string? KeptRate = null, ulong? KeptUntil = null)
{
    public static CorrectionDocument? From(FlowCorrection correction) => correction == FlowCorrection.None
        ? null
        : new CorrectionDocument(
            correction.Trim.IsNone ? null : correction.Trim.ToDecimal(),
            correction.Lacking.IsZero ? null : correction.Lacking.ToDecimal(),
            correction.Kept?.Rate.ToDecimal(),
            correction.Kept?.Until.UnixSeconds);

    public FlowCorrection ToDomain() => new(
        Trim is null ? RateTrim.None : RateTrim.Parse(Trim),
        Lacking is null ? FlowRate.Zero : FlowRate.Parse(Lacking),
        KeptRate is null ? null : new KeptFlow(FlowRate.Parse(KeptRate), new BlockTime(KeptUntil ?? 0)));
}

/// <param name="ByPayee">Thousandths of a wei, signed, like <paramref name="Elsewhere"/>.</param>
internal sealed record CarriedDocument(IReadOnlyDictionary<string, string> ByPayee, string? Elsewhere = null)
{
    public static CarriedDocument? From(CarriedRemainder carried) => carried == CarriedRemainder.None
        ? null
        : new CarriedDocument(
            new SortedDictionary<string, string>(carried.ByPayee.ToDictionary(p => p.Key.ToString(), p => p.Value.ToDecimal(), StringComparer.Ordinal), StringComparer.Ordinal),
            carried.Elsewhere == MilliWei.Zero ? null : carried.Elsewhere.ToDecimal());

    public CarriedRemainder ToDomain() => new(
        ByPayee.Select(p => KeyValuePair.Create(Address.Parse(p.Key), MilliWei.Parse(p.Value))).ToImmutableSortedDictionary(),
        Elsewhere is null ? MilliWei.Zero : MilliWei.Parse(Elsewhere));
}

/// <param name="At">Seconds since 1970, like <paramref name="CriticalAt"/>, <paramref name="Changed"/> and <paramref name="FlowsAt"/>.</param>
internal sealed record HealthDocument(
    ulong Block,
    ulong At,
    string Available,
    string Buffer,
    string NetRate,
    ulong? CriticalAt,
    bool CanCreate,
    bool CanUpdate,
    bool CanDelete,
    string Allowance,
    ulong? Changed = null,
    ulong? FlowsAt = null)
{
    public static HealthDocument? From(AccountHealth? health) => health is null
        ? null
        : new HealthDocument(
            health.Block.Value,
            health.At.UnixSeconds,
            health.AvailableBalance.ToDecimal(),
            health.BufferDeposit.ToDecimal(),
            health.NetFlowRate.ToDecimal(),
            health.CriticalAt?.UnixSeconds,
            health.Grant.CanCreate,
            health.Grant.CanUpdate,
            health.Grant.CanDelete,
            health.Grant.Allowance.ToDecimal(),
            Known(health.LastChanged),
            Known(health.FlowsReadAt));

    public AccountHealth ToDomain() => new(
        new BlockNumber(Block),
        new BlockTime(At),
        TokenAmount.Parse(Available),
        TokenAmount.Parse(Buffer),
        NetFlowRate.Parse(NetRate),
        CriticalAt is { } critical ? new BlockTime(critical) : null,
        new OperatorGrant(CanCreate, CanUpdate, CanDelete, FlowRate.Parse(Allowance)))
    {
        LastChanged = new BlockTime(Changed ?? 0),
        FlowsReadAt = new BlockTime(FlowsAt ?? 0),
    };

    private static ulong? Known(BlockTime at) => at == default ? null : at.UnixSeconds;
}
