using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Settlement;

/// <summary>desired − observed, for the flows of one account, as operations that the chain will take in this order.</summary>
/// <remarks>
/// Only the buffer is thought through here, since a wrong operation burns it: permissions, allowance, and whether a raise is covered, are answered by
/// the simulation of the batch, which sees more than this observation.
/// </remarks>
public static class FlowOperationPlanner
{
    /// <summary>How long after the observation an operation may still be executed, in seconds: 30 s of worst case between acceptance and execution, doubled.</summary>
    /// <remarks>An account that turns critical in between would lose its buffer to a plain delete, and no simulation would have shown it.</remarks>
    public const ulong InclusionSeconds = 60;

    private static readonly FlowRate OneWeiPerSecond = FlowRate.FromWeiPerSecond(1);

    /// <param name="intents">Flows of one account; at most one intent per flow.</param>
    /// <param name="seen">That account, with a reading of each of these flows.</param>
    /// <param name="operatorAddress">Who sends the batch.</param>
    /// <exception cref="ArgumentException">An intent of another account.</exception>
    public static AccountPlan Plan(AccountKey account, IReadOnlyList<FlowIntent> intents, AccountObservation seen, Address operatorAddress)
    {
        if (intents.Any(i => i.Flow.Account != account))
            throw new ArgumentException($"Every intent must be of the account {account}.", nameof(intents));

        var byOperator = operatorAddress != account.Payer;
        var lowering = new Lowering(seen, byOperator);
        var inOrder = intents.OrderBy(i => i.Flow.Payee).ToList();
        foreach (var intent in inOrder.Where(i => i.Desired < seen.FlowTo(i.Flow.Payee).Rate).OrderByDescending(lowering.Release))
            lowering.Add(intent);

        var raising = inOrder.Where(i => i.Desired > seen.FlowTo(i.Flow.Payee).Rate).OrderBy(i => i.Urgency).Select(i => Raise(i, seen, byOperator));
        return new AccountPlan(
            account,
            [.. lowering.Steps, .. raising],
            [.. inOrder.Where(i => i.Desired == seen.FlowTo(i.Flow.Payee).Rate)],
            [.. lowering.Held]);
    }

    private static FlowStep Raise(FlowIntent intent, AccountObservation seen, bool byOperator)
    {
        var kind = seen.FlowTo(intent.Flow.Payee).Rate.IsZero ? FlowOperationKind.Create : FlowOperationKind.Update;
        return new FlowStep(intent, [new FlowOperation(intent.Flow, kind, intent.Desired, byOperator)]);
    }

    /// <summary>Lowers and closes one after the other, with the balance as each of them will find it.</summary>
    private sealed class Lowering(AccountObservation seen, bool byOperator)
    {
        // What the account may lose between the observation and the execution.
        private readonly TokenAmount _drain = seen.NetFlowRate.Outflow.Over(InclusionSeconds);
        private TokenAmount _released = TokenAmount.Zero;

        public List<FlowStep> Steps { get; } = [];

        public List<HeldFlow> Held { get; } = [];

        private TokenAmount AvailableAtBest => seen.AvailableBalance + _released;

        private bool MayBeCritical => (AvailableAtBest - _drain).IsNegative;

        /// <summary>The buffer that its first operation frees while the account is critical. The largest goes first: it may lift the account for all others.</summary>
        public TokenAmount Release(FlowIntent intent)
        {
            var first = intent.Desired.IsZero ? OneWeiPerSecond : intent.Desired;
            return Deposit(intent) - BufferDeposit.StoredFor(first, seen.Parameters);
        }

        public void Add(FlowIntent intent)
        {
            var deletes = intent.Desired.IsZero;
            if (deletes && !MayBeCritical)
            {
                Take(intent, [Delete(intent)]);
                return;
            }

            // At 1 wei per second there is nothing left to lower before a delete.
            var lowersFirst = !deletes || seen.FlowTo(intent.Flow.Payee).Rate > OneWeiPerSecond;
            var after = lowersFirst ? AvailableAtBest + Release(intent) : AvailableAtBest;
            if (after.IsNegative)
                Held.Add(new HeldFlow(intent, -after)); // A delete would forfeit the rest of the buffer, an update be refused: only a top-up helps.
            else if (!deletes)
                Take(intent, [Update(intent, intent.Desired)]);
            else
                Take(intent, lowersFirst ? [Update(intent, OneWeiPerSecond), Delete(intent)] : [Delete(intent)]);
        }

        private void Take(FlowIntent intent, ImmutableArray<FlowOperation> operations)
        {
            Steps.Add(new FlowStep(intent, operations));
            _released += Deposit(intent) - BufferDeposit.StoredFor(intent.Desired, seen.Parameters);
        }

        private TokenAmount Deposit(FlowIntent intent) => seen.FlowTo(intent.Flow.Payee).Deposit;

        private FlowOperation Update(FlowIntent intent, FlowRate rate) => new(intent.Flow, FlowOperationKind.Update, rate, byOperator);

        private FlowOperation Delete(FlowIntent intent) => new(intent.Flow, FlowOperationKind.Delete, FlowRate.Zero, byOperator);
    }
}
