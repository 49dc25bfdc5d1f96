namespace Gateway.Domain.Settlement;

/// <summary>How much gas one transaction of ours may ask for.</summary>
public sealed record GasBound(ulong Gas)
{
    /// <summary>A transaction stays below 2^24 gas, wherever EIP-7825 holds or will.</summary>
    public const ulong MaxTransactionGas = (1UL << 24) - 1;

    /// <param name="blockGasLimit">Of the latest header: it is dynamic on Avalanche.</param>
    /// <param name="sharePercent">1 to 100. Blocks count gas limits, and other people want in as well.</param>
    public static GasBound Of(ulong blockGasLimit, int sharePercent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sharePercent, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sharePercent, 100);
        return new GasBound(Math.Min(blockGasLimit / 100 * (ulong)sharePercent, MaxTransactionGas));
    }
}

/// <summary>Why a batch is not sent with the estimate that was given.</summary>
public enum GasRefusal
{
    Unspecified = 0,

    /// <summary>More than twice what such operations use: a callback, or other contracts than we think. To be looked into, not paid.</summary>
    FarAboveExpected = 1,

    /// <summary>More than one transaction may ask for: plan fewer operations.</summary>
    AboveBound = 2,
}

/// <summary>Either a gas limit, or why there is none.</summary>
public sealed record GasDecision(ulong? Limit, GasRefusal Refusal)
{
    public static GasDecision Refused(GasRefusal refusal) => new(Limit: null, refusal);
}

/// <summary>The gas limit of a batch (chain-and-transactions.md §2.8).</summary>
public static class GasPlan
{
    /// <summary>The estimate is low by up to 22 % where an account was touched in the same second: 5 or 10 % on top run out of gas.</summary>
    public static ulong WithHeadroom(ulong gas) => ((gas * 13) + 9) / 10;

    /// <summary>min(⌈estimate × 1.3⌉, 2 × expected), so that where half the limit is billed no more is paid than is used.</summary>
    /// <param name="estimate">eth_estimateGas of the whole batch, from the operator, at the simulated block.</param>
    /// <param name="expected">By <see cref="GasTable.Expected"/>.</param>
    public static GasDecision Decide(ulong estimate, ulong expected, GasBound bound)
    {
        if (estimate > 2 * expected)
            return GasDecision.Refused(GasRefusal.FarAboveExpected);
        var limit = Math.Min(WithHeadroom(estimate), 2 * expected);
        return limit > bound.Gas ? GasDecision.Refused(GasRefusal.AboveBound) : new GasDecision(limit, GasRefusal.Unspecified);
    }
}
