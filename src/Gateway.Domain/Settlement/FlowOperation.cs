using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Settlement;

/// <summary>Where a flow should be, as its account marked it.</summary>
/// <param name="Generation">The generation of <paramref name="Desired"/>: what is reserved, and what is verified at the end.</param>
public sealed record FlowIntent(FlowKey Flow, FlowRate Desired, ulong Generation, Urgency Urgency);

/// <summary>The three changes that the CFA knows.</summary>
public enum FlowOperationKind
{
    Unspecified = 0,
    Create = 1,
    Update = 2,
    Delete = 3,
}

/// <summary>One call of the Constant Flow Agreement.</summary>
/// <param name="Rate">The absolute rate afterwards; zero for a delete.</param>
/// <param name="ByOperator">False where our operator is itself the payer: the contract refuses the ByOperator calls to him.</param>
public sealed record FlowOperation(FlowKey Flow, FlowOperationKind Kind, FlowRate Rate, bool ByOperator);

/// <summary>What brings one flow to its desired rate: one operation, or two that belong together.</summary>
/// <param name="Operations">In order; [update → 1 wei per second, delete] is a rescue of the payer's buffer.</param>
public sealed record FlowStep(FlowIntent Intent, ImmutableArray<FlowOperation> Operations)
{
    public bool IsRescue => Operations.Length > 1;
}

/// <summary>A flow that cannot be lowered yet without burning its payer's buffer, or because the chain would refuse it.</summary>
/// <param name="Missing">What the account would have to be topped up with first.</param>
public sealed record HeldFlow(FlowIntent Intent, TokenAmount Missing);

/// <summary>All that is to be done for one account: the unit that is never split without need, so that the legs of a lease go together.</summary>
/// <param name="Steps">In the order in which they must be executed: what releases buffers first, then what needs them.</param>
/// <param name="Settled">Already where they should be: nothing is sent for them.</param>
public sealed record AccountPlan(
    AccountKey Account, ImmutableArray<FlowStep> Steps, ImmutableArray<FlowIntent> Settled, ImmutableArray<HeldFlow> Held)
{
    /// <summary>The most urgent of its steps.</summary>
    public Urgency Urgency => Steps.IsEmpty ? Urgency.Trim : Steps.Min(s => s.Intent.Urgency);

    public IEnumerable<FlowOperation> Operations => Steps.SelectMany(s => s.Operations);
}
