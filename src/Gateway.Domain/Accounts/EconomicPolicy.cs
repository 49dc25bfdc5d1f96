using System.Numerics;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>How much gas a lease may cost beside what it pays: below that, opening and closing it burns more than it is worth.</summary>
/// <param name="WorthOfNative">What one coin of the chain (10^18 wei) is worth, in wei of the super token. Positive.</param>
/// <param name="Horizon">How long a lease is taken to run.</param>
/// <param name="MostGas">The part of what it pays in that time that its gas may cost.</param>
public sealed record EconomicPolicy(TokenAmount WorthOfNative, TimeSpan Horizon, SharePpm MostGas)
{
    private static readonly BigInteger WeiPerCoin = BigInteger.Pow(10, 18);

    /// <param name="gas">Of opening and closing the lease, in native wei.</param>
    /// <returns>Null: it is worth its gas.</returns>
    public Refusal? Judge(FlowRate rate, Wei gas)
    {
        var value = rate.Over(checked((ulong)Horizon.TotalSeconds));
        // Rounded up: in doubt the gas is dearer.
        var cost = TokenAmount.FromWei(((gas.Value * WorthOfNative.Wei) + WeiPerCoin - 1) / WeiPerCoin);
        if (cost.Wei * SharePpm.Whole <= value.Wei * MostGas.Value)
            return null;
        var least = TokenAmount.FromWei(((cost.Wei * SharePpm.Whole) + MostGas.Value - 1) / MostGas.Value);
        return new Refusal(
            RefusalCode.Uneconomic,
            least.ToDecimal(),
            value.ToDecimal(),
            $"Its gas costs {cost}, more than {MostGas} of what it would pay in {Horizon}.");
    }
}
