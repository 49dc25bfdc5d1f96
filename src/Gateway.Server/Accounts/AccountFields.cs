using System.Globalization;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Leases.Validation;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Server.Accounts;

/// <summary>Fields that only requests about accounts have.</summary>
internal static class AccountFields
{
    private const int NanosPerSecond = 1_000_000_000;

    /// <summary>No super token's supply comes near it, and sums of such amounts stay far within int256.</summary>
    private static readonly TokenAmount LargestAmount = TokenAmount.FromWei(System.Numerics.BigInteger.Pow(2, 128) - 1);

    /// <summary>Wei of 18 decimals, above 0.</summary>
    public static TokenAmount? SuperTokenAmount(this RequestFields fields, string field, string text)
    {
        if (!TokenAmount.TryParse(text, out var amount) || amount <= TokenAmount.Zero)
            fields.Add(field, "must be a decimal integer of wei above 0, without sign, leading zeros or white space.");
        else if (amount > LargestAmount)
            fields.Add(field, $"is above 2^128-1, {LargestAmount.ToDecimal()}.");
        else
            return amount;
        return null;
    }

    /// <summary>Whole seconds, a begun one counted: above 0, within the chain's uint32.</summary>
    public static ulong? Seconds(this RequestFields fields, string field, Duration duration)
    {
        if (duration.Nanos is <= -NanosPerSecond or >= NanosPerSecond || (long)Math.Sign(duration.Seconds) * Math.Sign(duration.Nanos) < 0)
            fields.Add(field, "is not a valid Duration.");
        else if (duration.Seconds < 0 || duration.Nanos < 0 || duration is { Seconds: 0, Nanos: 0 })
            fields.Add(field, "must be above 0.");
        else if ((ulong)duration.Seconds >= Runway.MaxSeconds)
            fields.Add(field, string.Create(CultureInfo.InvariantCulture, $"must be below {Runway.MaxSeconds} seconds."));
        else
            return (ulong)duration.Seconds + (duration.Nanos > 0 ? 1UL : 0UL);
        return null;
    }

    /// <summary>An instant as the chain counts them: its fraction of a second is cut off. Unset is null without a problem.</summary>
    public static BlockTime? Second(this RequestFields fields, string field, Timestamp? timestamp)
    {
        if (timestamp is null)
            return null;
        if (timestamp.Nanos is >= 0 and < NanosPerSecond && timestamp.Seconds is >= 0 and <= uint.MaxValue)
            return new BlockTime((ulong)timestamp.Seconds);
        fields.Add(field, "is not a valid Timestamp of the years 1970 to 2106, in which the chain's seconds lie.");
        return null;
    }
}
