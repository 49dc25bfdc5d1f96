using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>What closing one flow does to its payer (superfluid.md §4.6).</summary>
/// <param name="Reward">Paid out for the closing: to the reward account, to whoever closed, or, as a bail-out, by the reward account.</param>
/// <param name="Forfeited">What of the flow's buffer the payer does not get back. 0 while funded, and where nothing of the buffer was left.</param>
/// <param name="BailOut">What the reward account adds so that the payer's deficit ends with the buffers.</param>
/// <param name="AvailableAfter">The payer's available balance after the closing.</param>
public sealed record ClosingOutcome(SolvencyPhase Phase, TokenAmount Reward, TokenAmount Forfeited, TokenAmount BailOut, TokenAmount AvailableAfter);

/// <summary>Who gets what when a flow is closed (ConstantFlowAgreementV1.sol _makeLiquidationPayouts, SuperfluidToken.sol makeLiquidationPayoutsV2).</summary>
public static class Liquidation
{
    private static readonly FlowRate OneWeiPerSecond = FlowRate.FromWeiPerSecond(1);

    /// <summary>What a plain delete does, whoever sends it: while critical the payer loses his part of the buffer, in the patrician period even by his own hand.</summary>
    /// <remarks>After the patrician period the reward is the closer's. Where that is the payer, he gets <see cref="ClosingOutcome.Reward"/> on top of what is said here.</remarks>
    /// <param name="accountDeposit">Deposits of all CFA flows of the payer, this one included.</param>
    /// <param name="flowDeposit">The stored deposit of the flow that is closed.</param>
    public static ClosingOutcome Close(TokenAmount available, TokenAmount accountDeposit, TokenAmount flowDeposit, TokenParameters parameters)
    {
        var phase = Solvency.PhaseOf(available, accountDeposit, parameters);
        if (phase == SolvencyPhase.Funded)
            return new ClosingOutcome(phase, TokenAmount.Zero, TokenAmount.Zero, TokenAmount.Zero, available + flowDeposit);

        var left = available + accountDeposit;
        if (phase == SolvencyPhase.Insolvent)
            return new ClosingOutcome(phase, flowDeposit, TokenAmount.Zero, -left, available + flowDeposit - left);

        // Critical and not insolvent: the deposits exceed the deficit, so there are some.
        var reward = TokenAmount.FromWei(flowDeposit.Wei * left.Wei / accountDeposit.Wei);
        return new ClosingOutcome(phase, reward, reward, TokenAmount.Zero, available + flowDeposit - reward);
    }

    /// <summary>Whether lowering a flow to 1 wei per second first lifts the critical account to zero or above, so that the delete after it returns the buffer.</summary>
    /// <remarks>Not where a minimum deposit keeps the buffer locked, and not where the deficit is larger than what the flow releases.</remarks>
    public static bool CanBeRescued(TokenAmount available, TokenAmount flowDeposit, TokenParameters parameters) =>
        !(available + flowDeposit - BufferDeposit.StoredFor(OneWeiPerSecond, parameters)).IsNegative;
}
