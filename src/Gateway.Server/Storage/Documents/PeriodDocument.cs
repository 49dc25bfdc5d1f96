using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Server.Storage.Documents;

/// <summary>A closed period. Written once.</summary>
/// <param name="From">Seconds since 1970, like <paramref name="To"/>.</param>
/// <param name="Carry">Payee → wei, signed.</param>
internal sealed record PeriodDocument(
    int V,
    string Name,
    ulong From,
    ulong To,
    DateTimeOffset ClosedAt,
    string Statement,
    string Sha256,
    IReadOnlyDictionary<string, string> Carry,
    IReadOnlyDictionary<string, ReadingDocument> Readings) : IStoredDocument
{
    public static string Write(ClosedPeriod period) => StoredDocuments.Write(
        new PeriodDocument(
            1,
            period.Name,
            period.From.UnixSeconds,
            period.To.UnixSeconds,
            period.ClosedAt,
            period.Statement,
            period.Sha256,
            ReadingDocument.Texts(period.Carry),
            new SortedDictionary<string, ReadingDocument>(
                period.Readings.ToDictionary(r => r.Key.Value, r => new ReadingDocument(r.Value.RunningMilliseconds, ReadingDocument.Texts(r.Value.Parts)), StringComparer.Ordinal),
                StringComparer.Ordinal)),
        StoredDocuments.Default.PeriodDocument);

    /// <exception cref="StoredFormException">Not a closed period.</exception>
    public static ClosedPeriod Read(string json)
    {
        var d = StoredDocuments.Read(json, StoredDocuments.Default.PeriodDocument);
        return new ClosedPeriod(
            d.Name,
            new BlockTime(d.From),
            new BlockTime(d.To),
            d.ClosedAt,
            d.Statement,
            d.Sha256,
            ReadingDocument.Amounts(d.Carry),
            d.Readings.ToImmutableSortedDictionary(r => LeaseId.Parse(r.Key), r => new LeaseReading(r.Value.Running, ReadingDocument.Amounts(r.Value.Parts))));
    }
}

/// <summary>A meter as it was stated.</summary>
/// <param name="Running">Milliseconds.</param>
/// <param name="Parts">Payee → wei.</param>
internal sealed record ReadingDocument(long Running, IReadOnlyDictionary<string, string> Parts)
{
    public static IReadOnlyDictionary<string, string> Texts(ImmutableSortedDictionary<Address, TokenAmount> amounts) =>
        new SortedDictionary<string, string>(amounts.ToDictionary(a => a.Key.ToString(), a => a.Value.ToDecimal(), StringComparer.Ordinal), StringComparer.Ordinal);

    public static ImmutableSortedDictionary<Address, TokenAmount> Amounts(IReadOnlyDictionary<string, string> texts) =>
        texts.ToImmutableSortedDictionary(t => Address.Parse(t.Key), t => TokenAmount.Parse(t.Value));
}
