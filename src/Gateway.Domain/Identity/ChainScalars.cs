using System.Globalization;

namespace Gateway.Domain.Identity;

/// <summary>EIP-155 chain id. <c>default</c> is 0, which no chain has.</summary>
public readonly record struct ChainId(ulong Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Height of a block. <c>default</c> is the genesis block.</summary>
public readonly record struct BlockNumber(ulong Value) : IComparable<BlockNumber>
{
    public int CompareTo(BlockNumber other) => Value.CompareTo(other.Value);

    public BlockNumber Plus(ulong blocks) => new(Value + blocks);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(BlockNumber left, BlockNumber right) => left.Value < right.Value;

    public static bool operator >(BlockNumber left, BlockNumber right) => left.Value > right.Value;

    public static bool operator <=(BlockNumber left, BlockNumber right) => left.Value <= right.Value;

    public static bool operator >=(BlockNumber left, BlockNumber right) => left.Value >= right.Value;
}

/// <summary>A transaction count of one key: the nonce of its next transaction, or of one it has sent.</summary>
public readonly record struct Nonce(ulong Value)
{
    public Nonce Next => new(Value + 1);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Seconds since 1970 as the chain counts them. Whole seconds: the EVM sees no fractions.</summary>
/// <remarks>Never mixed with the wall clock unseen: <see cref="AtOrAfter"/> names the rule by which the two meet.</remarks>
public readonly record struct BlockTime(ulong UnixSeconds) : IComparable<BlockTime>
{
    public int CompareTo(BlockTime other) => UnixSeconds.CompareTo(other.UnixSeconds);

    public BlockTime PlusSeconds(ulong seconds) => new(UnixSeconds + seconds);

    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeSeconds(checked((long)UnixSeconds));

    /// <summary>The decision clock: the later of this block's time and the wall clock, since balances run on where no block is built.</summary>
    public BlockTime AtOrAfter(DateTimeOffset wallClock) => new(Math.Max(UnixSeconds, checked((ulong)wallClock.ToUnixTimeSeconds())));

    public override string ToString() => UnixSeconds.ToString(CultureInfo.InvariantCulture) + " s";

    public static bool operator <(BlockTime left, BlockTime right) => left.UnixSeconds < right.UnixSeconds;

    public static bool operator >(BlockTime left, BlockTime right) => left.UnixSeconds > right.UnixSeconds;

    public static bool operator <=(BlockTime left, BlockTime right) => left.UnixSeconds <= right.UnixSeconds;

    public static bool operator >=(BlockTime left, BlockTime right) => left.UnixSeconds >= right.UnixSeconds;
}

/// <summary>An executed block as far as decisions need it.</summary>
public sealed record BlockRef(BlockNumber Number, Hash32 Hash, BlockTime Time);
