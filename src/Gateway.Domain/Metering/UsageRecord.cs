using System.Collections.Immutable;

namespace Gateway.Domain.Metering;

/// <summary>What left a meter together: intervals that can no longer change, and what was told that they come from.</summary>
/// <param name="Until">Where the sealed part ends by it: none of the intervals goes on.</param>
/// <param name="Intervals">In the order of time, while the VM ran or was paused; none where it stood.</param>
/// <param name="Told">Null: a former version kept the intervals alone.</param>
public sealed record UsageRecord(DateTimeOffset Until, ImmutableArray<UsageInterval> Intervals, ToldUse? Told);

/// <summary>Reports and prices as the meter had them. The last of each is also where the meter goes on: so a record can be read without those before it.</summary>
/// <param name="Reports">In the order of the scheduler's clock.</param>
/// <param name="Prices">In the order of time.</param>
public sealed record ToldUse(ImmutableArray<PhaseMark> Reports, ImmutableArray<PriceMark> Prices);
