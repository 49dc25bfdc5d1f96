using System.Collections.Immutable;
using Gateway.Domain.Metering;

namespace Gateway.Server.Storage;

/// <summary>What has left a lease's meter.</summary>
/// <param name="Dropped">What is kept as one sum, since it is old and in closed periods; null: nothing is.</param>
/// <param name="Records">What follows that sum, in the order of time.</param>
internal sealed record LeasePast(UsageSum? Dropped, ImmutableArray<UsageRecord> Records)
{
    public static readonly LeasePast Nothing = new(Dropped: null, []);

    public IEnumerable<UsageInterval> Intervals => Records.SelectMany(r => r.Intervals);
}
