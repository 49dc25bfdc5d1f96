using System.Numerics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Money;

namespace Gateway.Domain.Settlement;

/// <summary>EIP-1559 prices per gas. The tip is never above the maximum.</summary>
public sealed record FeeOffer(Wei MaxFeePerGas, Wei MaxPriorityFeePerGas);

/// <summary>The most that a gas may cost, by urgency.</summary>
public sealed record FeeCeilings(Wei StopLoss, Wei Open, Wei Raise, Wei Lower, Wei Trim)
{
    /// <summary>Whoever loses money while he waits pays most; a trim waits for a quiet hour.</summary>
    public static readonly FeeCeilings Default =
        new(StopLoss: Wei.FromGwei(300), Open: Wei.FromGwei(50), Raise: Wei.FromGwei(100), Lower: Wei.FromGwei(100), Trim: Wei.FromGwei(25));

    public Wei For(Urgency urgency) => urgency switch
    {
        Urgency.StopLoss => StopLoss,
        Urgency.Open => Open,
        Urgency.Raise => Raise,
        Urgency.Lower => Lower,
        Urgency.Trim or Urgency.Unspecified => Trim,
    };
}

/// <summary>What to offer for a transaction, and for its replacement (chain-and-transactions.md §2.8).</summary>
/// <param name="Tip">Per gas. The default of 0.05 nAVAX is enough for a replacement's 10 % to be a whole number of wei.</param>
/// <param name="RelativeFloor">Below this the relative ceiling is not looked at: tiny prices may well quintuple.</param>
public sealed record FeePolicy(Wei Tip, FeeCeilings Ceilings, Wei RelativeFloor)
{
    /// <summary>The relative ceiling, in times of the last hour's average base fee.</summary>
    public const ulong RelativeCeiling = 5;

    public static readonly FeePolicy Default = new(Wei.From(50_000_000), FeeCeilings.Default, Wei.FromGwei(25));

    /// <summary>The lower of the absolute and the relative ceiling.</summary>
    /// <param name="hourlyBaseFee">Average of the last hour; null while there is none.</param>
    public Wei CeilingFor(Urgency urgency, Wei? hourlyBaseFee)
    {
        var absolute = Ceilings.For(urgency);
        if (hourlyBaseFee is not { } average)
            return absolute;
        var relative = Wei.Larger(average * RelativeCeiling, RelativeFloor);
        return relative < absolute ? relative : absolute;
    }

    /// <summary>A first offer: four times the base fee, about two minutes of the fastest growth there is; null where today's price is above the ceiling.</summary>
    public FeeOffer? Offer(Wei baseFee, Wei ceiling)
    {
        if (baseFee + Tip > ceiling)
            return null;
        return Clip(Fresh(baseFee), ceiling);
    }

    /// <summary>A replacement: both fields rise by 10 % and by at least 1 wei, or to the fresh price; null where the ceiling does not leave room for that.</summary>
    /// <remarks>A pool refuses a replacement that raises one field only, or by less. Null means: keep sending the old bytes.</remarks>
    public FeeOffer? Bump(FeeOffer old, Wei baseFee, Wei ceiling)
    {
        var fresh = Fresh(baseFee);
        var least = new FeeOffer(LeastRaise(old.MaxFeePerGas), LeastRaise(old.MaxPriorityFeePerGas));
        if (least.MaxFeePerGas > ceiling)
            return null;
        return Clip(
            new FeeOffer(
                Wei.Larger(least.MaxFeePerGas, fresh.MaxFeePerGas),
                Wei.Larger(least.MaxPriorityFeePerGas, fresh.MaxPriorityFeePerGas)),
            ceiling);
    }

    private FeeOffer Fresh(Wei baseFee) => new(Wei.Larger(baseFee * 4, baseFee + Tip + Tip), Tip);

    // max(⌈1.10 × old⌉, old + 1): below 10 wei a tenth is nothing.
    private static Wei LeastRaise(Wei old) => Wei.From(BigInteger.Max(((old.Value * 11) + 9) / 10, old.Value + 1));

    private static FeeOffer Clip(FeeOffer offer, Wei ceiling) =>
        new(Smaller(offer.MaxFeePerGas, ceiling), Smaller(offer.MaxPriorityFeePerGas, ceiling));

    private static Wei Smaller(Wei left, Wei right) => left < right ? left : right;
}
