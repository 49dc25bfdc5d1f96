using System.Numerics;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>The buffer that a flow locks up (ConstantFlowAgreementV1.sol: _calculateDeposit, _changeFlow, _encodeFlowData).</summary>
/// <remarks>
/// Two figures, never mixed: the <em>event</em> figure of FlowUpdatedExtension, and the <em>stored</em> one, which the balance is charged with. They
/// differ only where a minimum deposit binds, which storage truncates down to a multiple of 2^32.
/// </remarks>
public static class BufferDeposit
{
    /// <summary>Deposits are stored without their lowest 32 bits.</summary>
    private const int ClippedBits = 32;

    private static readonly BigInteger Int96Max = (BigInteger)FlowRate.Max.WeiPerSecond;

    /// <summary>The stored figure: what getFlow answers and what opening takes from the available balance. 0 for no flow.</summary>
    /// <remarks>Total: beyond <see cref="LargestRate"/> it still computes, but the chain refuses such a flow. Ask there first.</remarks>
    public static TokenAmount StoredFor(FlowRate rate, TokenParameters parameters) =>
        TokenAmount.FromWei(ClipDown(EventFor(rate, parameters).Wei));

    /// <summary>The figure of FlowUpdatedExtension and of getDepositRequiredForFlowRate: an exact quote.</summary>
    public static TokenAmount EventFor(FlowRate rate, TokenParameters parameters)
    {
        if (rate.IsZero)
            return TokenAmount.Zero;
        var fromRate = TokenAmount.FromWei(ClipUp((BigInteger)rate.WeiPerSecond * parameters.LiquidationPeriodSeconds));
        return TokenAmount.Larger(fromRate, parameters.MinimumDeposit);
    }

    /// <summary>The stored figure behind an event's: storage drops the lowest 32 bits.</summary>
    public static TokenAmount StoredOf(TokenAmount eventDeposit) => TokenAmount.FromWei(ClipDown(eventDeposit.Wei));

    /// <summary>The largest rate that the chain takes: rate × liquidation period must fit int96, else create and update panic with 0x11.</summary>
    public static FlowRate LargestRate(TokenParameters parameters) => parameters.LiquidationPeriodSeconds == 0
        ? FlowRate.Max
        : FlowRate.FromWeiPerSecond(FlowRate.Max.WeiPerSecond / parameters.LiquidationPeriodSeconds);

    /// <summary>The largest rate whose stored deposit is at most <paramref name="deposit"/>; zero where not even 1 wei per second is.</summary>
    /// <remarks>Unlike getMaximumFlowRateFromDeposit of the contract, this one knows the minimum deposit.</remarks>
    public static FlowRate LargestRateFor(TokenAmount deposit, TokenParameters parameters)
    {
        if (deposit.IsNegative || StoredFor(FlowRate.FromWeiPerSecond(1), parameters) > deposit)
            return FlowRate.Zero;
        if (parameters.LiquidationPeriodSeconds == 0)
            return FlowRate.Max;

        // clipUp(x) ≤ deposit exactly where x ≤ clipDown(deposit), and the truncated minimum was found to fit above.
        var rate = BigInteger.Min(ClipDown(deposit.Wei), Int96Max) / parameters.LiquidationPeriodSeconds;
        return FlowRate.FromWeiPerSecond((Int128)rate);
    }

    private static BigInteger ClipUp(BigInteger wei) => -(-wei >> ClippedBits) << ClippedBits;

    private static BigInteger ClipDown(BigInteger wei) => wei >> ClippedBits << ClippedBits;
}
