using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Configuration;

namespace Gateway.Server.Settlement;

/// <summary>What the loop needs of the world, behind seams.</summary>
internal sealed record LanePorts(ILaneChain Chain, IBatchVehicle Vehicle, ILaneAccounts Accounts, ILane Lane, TimeProvider Time)
{
    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>The same, held to the invariants of what passes through them.</summary>
    public LanePorts Watched(InvariantsOfSlots seen) => this with { Lane = new InvariantsLane(Lane, seen), Chain = new InvariantsChain(Chain, seen) };
}

/// <summary>One run of the step: who leads, what block it acts on, what things may cost.</summary>
/// <param name="Token">Of the leadership.</param>
internal sealed record LaneRound(string Token, LaneHead Head, FeePolicy Fees, SettlementOptions Options)
{
    /// <summary>False while it is not known what the lane has done before: slots that are there are driven, and no more.</summary>
    public bool MayPlan { get; init; } = true;

    /// <summary>The end of the quiet time of the newest loss of Redis; null: nothing was ever lost.</summary>
    public DateTimeOffset? QuietUntil { get; init; }

    /// <summary>What the day may have cost beyond what its budget says.</summary>
    public long AssumedNavax { get; init; }

    /// <summary>What can wait does so: by what is assumed the day's budget is used up.</summary>
    public bool IsOnlyUrgent { get; init; }

    /// <summary>What such work may offer now; null: gas costs more than may be paid for it, or it has to wait for what is urgent.</summary>
    public FeeOffer? OfferFor(Urgency urgency, Wei? hourlyBaseFee) =>
        IsOnlyUrgent && urgency != Urgency.StopLoss ? null : PriceFor(urgency, hourlyBaseFee);

    /// <summary>The same by the price alone; null: gas costs more than may be paid for such work.</summary>
    public FeeOffer? PriceFor(Urgency urgency, Wei? hourlyBaseFee) => Fees.Offer(Head.BaseFee, Fees.CeilingFor(urgency, hourlyBaseFee));

    /// <summary>What the day may cost where such work is begun, in nAVAX. What is under way, and what is urgent, is held to what is known.</summary>
    public long BudgetFor(Urgency urgency) => urgency == Urgency.StopLoss ? Options.DailyBudgetNavax : Options.DailyBudgetNavax - AssumedNavax;

    public GasBound Bound => GasBound.Of(Head.GasLimit, Options.BlockGasSharePercent);
}

/// <summary>What is to be done for one account, with the leases behind it.</summary>
/// <param name="Flows">The due flows that <paramref name="Plan"/> has steps for.</param>
internal sealed record DraftedAccount(AccountPlan Plan, AccountBook Book, AccountObservation Seen, ImmutableArray<LaneFlow> Flows)
{
    /// <summary>The same, with these steps only.</summary>
    public DraftedAccount With(IEnumerable<FlowStep> steps)
    {
        var kept = steps.ToImmutableArray();
        return this with
        {
            Plan = Plan with { Steps = kept },
            Flows = [.. Flows.Where(f => kept.Any(s => s.Intent.Flow == f.Flow))],
        };
    }

    /// <summary>Its operations, each with the journal entry of the leases that make up the rate.</summary>
    public IEnumerable<BatchOperation> Operations => Plan.Steps.SelectMany(s => s.Operations.Select(o => new BatchOperation(o, JournalOf(s.Intent.Flow.Payee))));

    public LaneFlow FlowOf(FlowStep step) => Flows.First(f => f.Flow == step.Intent.Flow);

    public bool IsRaise(FlowStep step) => step.Intent.Desired > Seen.FlowTo(step.Intent.Flow.Payee).Rate;

    private byte[] JournalOf(Address payee) => UserDataRecord.Encode(
        Book.Leases.Values.Where(l => l.Pays(payee)).Select(l => new LeaseLeg(l.Id, l.WantedFor(payee))).Where(l => !l.Rate.IsZero),
        Book.Account.Flows.GetValueOrDefault(payee)?.Correction.Trim.Added ?? FlowRate.Zero);
}

/// <summary>Accounts that go into one transaction, in its order.</summary>
internal sealed record BatchDraft(ImmutableArray<DraftedAccount> Accounts)
{
    public bool IsEmpty => Accounts.IsEmpty;

    public ImmutableArray<BatchOperation> Operations => [.. Accounts.SelectMany(a => a.Operations)];

    public IEnumerable<LaneFlow> Flows => Accounts.SelectMany(a => a.Flows);

    public ulong ExpectedGas => GasTable.Measured.Expected(Operations.Select(o => o.Operation));

    public SlotPlan ToSlotPlan() => new([.. Flows.Select(f => f.ToSlotFlow())], [.. SettlementTrace.ContextsOf(Flows)]);
}

/// <summary>A batch that passed the simulation, and the gas it may use.</summary>
internal sealed record ReadyBatch(BatchDraft Draft, ulong GasLimit);
