using System.Numerics;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>Where an account stands between funded and broke; it decides who gets the buffer when a flow is closed.</summary>
public enum SolvencyPhase
{
    Unspecified = 0,

    /// <summary>Available balance ≥ 0: closing returns the whole buffer.</summary>
    Funded = 1,

    /// <summary>Critical, and the reward still goes to the token's reward account.</summary>
    Patrician = 2,

    /// <summary>Critical, and whoever closes takes the reward.</summary>
    Pleb = 3,

    /// <summary>The buffer is eaten up as well: closing is a bail-out.</summary>
    Insolvent = 4,
}

/// <summary>The exact seconds at which an account's solvency changes (superfluid.md §4.5; ConstantFlowAgreementV1.sol, SolvencyHelperLibrary).</summary>
/// <remarks>
/// Balances are linear between two changes, GDA flows included, so each boundary is one integer division. Available balances already have the buffers
/// subtracted. A boundary after 2^32−1, the last second of the chain's uint32 timestamps, counts as never.
/// </remarks>
public static class Solvency
{
    private static readonly BigInteger LastSecond = uint.MaxValue;

    /// <summary>First second with an available balance below zero: <paramref name="at"/> itself where it already is, null where it never will be.</summary>
    /// <param name="available">At the second <paramref name="at"/>.</param>
    /// <param name="net">Over every agreement, at <paramref name="at"/>.</param>
    /// <remarks>A balance of exactly 0 is not critical.</remarks>
    public static BlockTime? CriticalAt(TokenAmount available, NetFlowRate net, BlockTime at) => FirstSecondBelow(BigInteger.Zero, available, net, at);

    /// <summary>First second at which the buffer does not cover the deficit either.</summary>
    /// <param name="deposit">Deposits of all flows, owed deposits subtracted.</param>
    public static BlockTime? InsolventAt(TokenAmount available, TokenAmount deposit, NetFlowRate net, BlockTime at) =>
        FirstSecondBelow(-deposit.Wei, available, net, at);

    /// <summary>First critical second at which a liquidation's reward goes to whoever liquidates, not to the reward account.</summary>
    /// <param name="deposit">Of the CFA flows alone: the protocol asks no other agreement here.</param>
    public static BlockTime? PlebAt(TokenAmount available, TokenAmount deposit, NetFlowRate net, BlockTime at, TokenParameters parameters)
    {
        var critical = CriticalAt(available, net, at);
        var pleb = FirstSecondBelow(PatricianFloor(deposit, parameters) - deposit.Wei, available, net, at);
        // A buffer of many more seconds than the patrician period may have no patrician second at all.
        return critical is null || pleb is null ? null : Later(critical.Value, pleb.Value);
    }

    /// <summary>How long from <paramref name="at"/> until the account is critical: 0 where it is.</summary>
    public static Runway RunwayOf(TokenAmount available, NetFlowRate net, BlockTime at) =>
        CriticalAt(available, net, at) is { } critical ? Runway.FromSeconds(critical.UnixSeconds - at.UnixSeconds) : Runway.Never;

    /// <summary>What the available balance will be so many seconds on, while nothing changes.</summary>
    public static TokenAmount BalanceAfter(TokenAmount available, NetFlowRate net, ulong seconds) =>
        TokenAmount.FromWei(available.Wei + ((BigInteger)net.WeiPerSecond * seconds));

    /// <summary>The phase at the second for which the balance was read.</summary>
    /// <param name="deposit">Of the CFA flows alone, as in <see cref="PlebAt"/>.</param>
    public static SolvencyPhase PhaseOf(TokenAmount available, TokenAmount deposit, TokenParameters parameters)
    {
        if (!available.IsNegative)
            return SolvencyPhase.Funded;
        var left = available + deposit;
        if (left.IsNegative)
            return SolvencyPhase.Insolvent;
        return left.Wei >= PatricianFloor(deposit, parameters) ? SolvencyPhase.Patrician : SolvencyPhase.Pleb;
    }

    // SolvencyHelperLibrary: patrician ⇔ floor(left / q) > LP − PP with q = floor(TD / LP), hence left ≥ (LP − PP + 1)·q.
    private static BigInteger PatricianFloor(TokenAmount deposit, TokenParameters parameters)
    {
        if (parameters.LiquidationPeriodSeconds == 0)
            return BigInteger.Zero;
        var perSecond = deposit.Wei / parameters.LiquidationPeriodSeconds;
        return ((BigInteger)parameters.LiquidationPeriodSeconds - parameters.PatricianPeriodSeconds + 1) * perSecond;
    }

    private static BlockTime? FirstSecondBelow(BigInteger floor, TokenAmount available, NetFlowRate net, BlockTime at)
    {
        var above = available.Wei - floor;
        if (above.Sign < 0)
            return at;
        var outflow = -(BigInteger)net.WeiPerSecond;
        if (outflow.Sign <= 0)
            return null;
        var second = at.UnixSeconds + (above / outflow) + 1;
        return second > LastSecond ? null : new BlockTime((ulong)second);
    }

    private static BlockTime Later(BlockTime left, BlockTime right) => left > right ? left : right;
}
