using System.Collections.Immutable;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;

namespace Gateway.Server.Storage.Documents;

/// <summary>Intervals that left a meter together, in the order of time.</summary>
internal sealed record UsageDocument(int V, IReadOnlyList<UsageIntervalDocument> Intervals) : IStoredDocument
{
    public static string Write(ImmutableArray<UsageInterval> intervals) => StoredDocuments.Write(
        new UsageDocument(1, [.. intervals.Select(UsageIntervalDocument.Of)]), StoredDocuments.Default.UsageDocument);

    public static IEnumerable<UsageInterval> Read(string json) =>
        StoredDocuments.Read(json, StoredDocuments.Default.UsageDocument).Intervals.Select(i => i.ToDomain());
}

/// <param name="From">Milliseconds since 1970, as <paramref name="To"/>: there may be very many of them.</param>
internal sealed record UsageIntervalDocument(long From, long To, MeterPhase Phase, string Rate)
{
    public static UsageIntervalDocument Of(UsageInterval interval) =>
        new(interval.From.ToUnixTimeMilliseconds(), interval.To.ToUnixTimeMilliseconds(), interval.Phase, interval.Rate.ToDecimal());

    public UsageInterval ToDomain() => new(DateTimeOffset.FromUnixTimeMilliseconds(From), DateTimeOffset.FromUnixTimeMilliseconds(To), Phase, FlowRate.Parse(Rate));
}
