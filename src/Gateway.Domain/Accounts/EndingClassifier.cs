using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>AgreementLiquidatedV2 of the same flow in the same transaction.</summary>
/// <param name="RewardReceiver">Who got the reward: the token's reward account in the patrician period, else the liquidator.</param>
/// <param name="BalanceDelta">What the payer's balance was changed by: minus the reward, or plus the bail-out.</param>
/// <param name="Phase">By the log's type: 0 patrician, 1 pleb, 2 insolvent.</param>
public sealed record LiquidationLog(
    Address Liquidator, Address RewardReceiver, TokenAmount Reward, TokenAmount BalanceDelta, SolvencyPhase Phase);

/// <summary>One FlowUpdated with its extension, and the liquidation before it if there was one.</summary>
/// <param name="PreviousRate">The rate that the log before it left.</param>
/// <param name="FlowOperator">Who called at the Host: the payer, the payee, an operator, a contract in between. Not the transaction's sender.</param>
public sealed record FlowLog(
    FlowKey Flow,
    FlowRate PreviousRate,
    FlowRate Rate,
    Address FlowOperator,
    LiquidationLog? Liquidation,
    BlockNumber Block,
    DateTimeOffset BlockTime,
    Hash32 TransactionHash);

/// <summary>Why a flow changed or ended (superfluid.md §2.4).</summary>
/// <param name="ourOperator">What it does is ours, even where it is the payer as well.</param>
/// <param name="automations">Contracts that act for payers by appointment, with their names for people: schedulers of Superfluid, §7.</param>
public sealed class EndingClassifier(Address ourOperator, ImmutableDictionary<Address, string> automations)
{
    /// <summary>The cause of one change. Several changes of a transaction are classified one by one, in log order.</summary>
    public FlowChange Classify(FlowLog log)
    {
        var actor = ActorOf(log);
        var cause = CauseOf(log);
        var evidence = new Evidence(log.Block, log.BlockTime, log.TransactionHash, $"{What(log)} by {Who(actor, log.Flow)}{Cost(log)}") { BufferLost = Lost(log) };
        return new FlowChange(log.Flow.Payee, log.Rate, cause, ReasonOf(log, cause), evidence);
    }

    /// <summary>Whose hand it was.</summary>
    public ChangeCause CauseOf(FlowLog log)
    {
        var actor = ActorOf(log);
        if (actor == ourOperator)
            return ChangeCause.ByUs;
        if (actor == log.Flow.Payer)
            return ChangeCause.ByPayer;
        if (actor == log.Flow.Payee)
            return ChangeCause.ByPayee;
        return log.Liquidation is null ? ChangeCause.ByOther : ChangeCause.Liquidated;
    }

    private static Address ActorOf(FlowLog log) => log.Liquidation?.Liquidator ?? log.FlowOperator;

    /// <summary>The reason for a lease that this change left unpaid: a flow that still runs can only have been lowered.</summary>
    private static Reason ReasonOf(FlowLog log, ChangeCause cause) => (cause, log.Rate.IsZero) switch
    {
        (ChangeCause.ByUs or ChangeCause.Unknown, _) => Reason.Unspecified,
        (_, false) => Reason.FlowRateLowered,
        (ChangeCause.ByPayer, true) => Reason.FlowClosedByPayer,
        (ChangeCause.ByPayee, true) => Reason.FlowClosedByPayee,
        (ChangeCause.Liquidated, true) => Reason.FlowLiquidated,
        (ChangeCause.ByOther, true) => Reason.FlowClosedByOther,
    };

    private static string What(FlowLog log)
    {
        if (log.Rate.IsZero)
            return log.Liquidation is null ? "closed" : $"closed while critical ({PhaseName(log.Liquidation.Phase)} period)";
        if (log.PreviousRate.IsZero)
            return $"opened at {log.Rate}";
        return log.Rate < log.PreviousRate ? $"lowered from {log.PreviousRate} to {log.Rate}" : $"raised from {log.PreviousRate} to {log.Rate}";
    }

    private static string PhaseName(SolvencyPhase phase) => phase switch
    {
        SolvencyPhase.Patrician => "patrician",
        SolvencyPhase.Pleb => "pleb",
        SolvencyPhase.Insolvent => "pirate",
        SolvencyPhase.Funded or SolvencyPhase.Unspecified => "unknown",
    };

    private string Who(Address actor, FlowKey flow)
    {
        if (actor == ourOperator)
            return "our operator";
        if (actor == flow.Payer)
            return "the payer";
        if (actor == flow.Payee)
            return "the payee";
        return automations.TryGetValue(actor, out var name) ? $"the payer's {name} {actor}" : actor.ToString();
    }

    /// <summary>What the payer lost of the flow's buffer; null: the flow did not end.</summary>
    public static TokenAmount? Lost(FlowLog log) => log switch
    {
        { Rate.IsZero: false } => null,
        { Liquidation: { BalanceDelta.IsNegative: true } own } when own.RewardReceiver != log.Flow.Payer => -own.BalanceDelta,
        _ => TokenAmount.Zero,
    };

    private static string Cost(FlowLog log) => log switch
    {
        { Liquidation: { BalanceDelta.IsNegative: true } own } when own.RewardReceiver == log.Flow.Payer =>
            $"; after the patrician period, so what was left of the buffer, {own.Reward}, came back to the payer himself",
        { Liquidation: { BalanceDelta.IsNegative: true } lost } => $"; the payer lost {-lost.BalanceDelta} of his buffer to {lost.RewardReceiver}",
        { Liquidation: { } bailed } => $"; nothing of the buffer was left, and the payer was bailed out with {bailed.BalanceDelta}",
        { Rate.IsZero: true } => "; the buffer went back to the payer",
        _ => "",
    };
}
