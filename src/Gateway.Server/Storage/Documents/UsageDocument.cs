using Gateway.Domain.Metering;
using Gateway.Domain.Money;

namespace Gateway.Server.Storage.Documents;

/// <summary>What left a meter together: intervals in the order of time, and the reports and prices that they come from.</summary>
/// <param name="Until">Milliseconds since 1970, where the sealed part ends by it; null, like what follows: the former form, which kept the intervals alone.</param>
internal sealed record UsageDocument(
    int V, IReadOnlyList<UsageIntervalDocument> Intervals, long? Until = null, IReadOnlyList<ReportMarkDocument>? Reports = null, IReadOnlyList<PriceMarkDocument>? Prices = null)
    : IStoredDocument
{
    public static string Write(UsageRecord record) => StoredDocuments.Write(
        new UsageDocument(
            1,
            [.. record.Intervals.Select(UsageIntervalDocument.Of)],
            record.Until.ToUnixTimeMilliseconds(),
            record.Told is { } told ? [.. told.Reports.Select(ReportMarkDocument.Of)] : null,
            record.Told?.Prices.Select(PriceMarkDocument.Of).ToList()),
        StoredDocuments.Default.UsageDocument);

    /// <exception cref="StoredFormException">Not of a log of usage.</exception>
    public static UsageRecord Read(string json)
    {
        var d = StoredDocuments.Read(json, StoredDocuments.Default.UsageDocument);
        return new UsageRecord(
            DateTimeOffset.FromUnixTimeMilliseconds(d.Until ?? d.Intervals[^1].To),
            [.. d.Intervals.Select(i => i.ToDomain())],
            d.Reports is { } reports && d.Prices is { } prices ? new ToldUse([.. reports.Select(r => r.ToDomain())], [.. prices.Select(p => p.ToDomain())]) : null);
    }
}

/// <param name="From">Milliseconds since 1970, as <paramref name="To"/>: there may be very many of them.</param>
internal sealed record UsageIntervalDocument(long From, long To, MeterPhase Phase, string Rate)
{
    public static UsageIntervalDocument Of(UsageInterval interval) =>
        new(interval.From.ToUnixTimeMilliseconds(), interval.To.ToUnixTimeMilliseconds(), interval.Phase, interval.Rate.ToDecimal());

    public UsageInterval ToDomain() => new(DateTimeOffset.FromUnixTimeMilliseconds(From), DateTimeOffset.FromUnixTimeMilliseconds(To), Phase, FlowRate.Parse(Rate));
}
