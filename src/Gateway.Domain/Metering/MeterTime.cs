namespace Gateway.Domain.Metering;

/// <summary>The meter's instants: whole milliseconds.</summary>
public static class MeterTime
{
    /// <summary>Cut down. Both ends of an interval are cut the same way, so that nothing is lost or gained where two intervals meet.</summary>
    public static DateTimeOffset Whole(DateTimeOffset at) => DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());

    public static DateTimeOffset Earlier(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;

    public static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}
