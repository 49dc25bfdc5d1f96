using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Server.Settlement;

namespace Gateway.Server.Storage.Documents;

/// <summary>What was set by hand for a lane.</summary>
/// <param name="CeilingNavax">By the number of the urgency.</param>
/// <param name="LostAt">What was set at <paramref name="SetAt"/> was found to be lost then.</param>
internal sealed record LimitsDocument(
    int V, long? DailyBudgetNavax, IReadOnlyDictionary<int, int>? CeilingNavax, bool IsPaused, DateTimeOffset? SetAt = null, DateTimeOffset? LostAt = null) : IStoredDocument
{
    public static string Write(LaneLimits limits) => StoredDocuments.Write(
        new LimitsDocument(
            1, limits.DailyBudgetNavax, limits.CeilingNavax.IsEmpty ? null : limits.CeilingNavax.ToDictionary(c => (int)c.Key, c => c.Value), limits.IsPaused,
            limits.SetAt, limits.LostAt),
        StoredDocuments.Default.LimitsDocument);

    public static LaneLimits Read(string json)
    {
        var document = StoredDocuments.Read(json, StoredDocuments.Default.LimitsDocument);
        var ceilings = document.CeilingNavax ?? new Dictionary<int, int>();
        return new LaneLimits(document.DailyBudgetNavax, ceilings.ToImmutableSortedDictionary(c => (Urgency)c.Key, c => c.Value), document.IsPaused)
        {
            SetAt = document.SetAt,
            LostAt = document.LostAt,
        };
    }
}
