using System.Globalization;

namespace Gateway.Domain.Money;

/// <summary>How long until an account is critical, in whole seconds, or never. <c>default</c> is 0 s: it is critical now.</summary>
/// <remarks>
/// Bounded by 2^32−1 s, since the chain's own flow timestamps are uint32 seconds (ConstantFlowAgreementV1.sol packs 32 bits): what lasts longer is
/// <see cref="Never"/>. <see cref="Never"/> is longer than every number of seconds.
/// </remarks>
public readonly record struct Runway : IComparable<Runway>
{
    /// <summary>The longest runway that is not <see cref="Never"/>.</summary>
    public const ulong MaxSeconds = uint.MaxValue;

    public static readonly Runway Zero;

    public static readonly Runway Never = new(ulong.MaxValue);

    private readonly ulong _seconds;

    private Runway(ulong seconds) => _seconds = seconds;

    public bool IsNever => _seconds == ulong.MaxValue;

    /// <summary>Seconds, or null for never.</summary>
    public ulong? Seconds => IsNever ? null : _seconds;

    /// <summary>Saturates: more than <see cref="MaxSeconds"/> is never.</summary>
    public static Runway FromSeconds(ulong seconds) => seconds > MaxSeconds ? Never : new Runway(seconds);

    /// <summary>Whole seconds of a duration; a fraction is dropped, a negative one is 0.</summary>
    public static Runway FromTimeSpan(TimeSpan span) => span <= TimeSpan.Zero ? Zero : FromSeconds((ulong)(span.Ticks / TimeSpan.TicksPerSecond));

    /// <summary>The duration, or null for never.</summary>
    public TimeSpan? ToTimeSpan() => IsNever ? null : TimeSpan.FromSeconds((long)_seconds);

    public int CompareTo(Runway other) => _seconds.CompareTo(other._seconds);

    public override string ToString() => IsNever ? "never" : _seconds.ToString(CultureInfo.InvariantCulture) + " s";

    public static bool operator <(Runway left, Runway right) => left._seconds < right._seconds;

    public static bool operator >(Runway left, Runway right) => left._seconds > right._seconds;

    public static bool operator <=(Runway left, Runway right) => left._seconds <= right._seconds;

    public static bool operator >=(Runway left, Runway right) => left._seconds >= right._seconds;
}
