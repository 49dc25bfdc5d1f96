using System.Collections.Immutable;
using Gateway.Domain.Identity;

namespace Gateway.Domain.Settlement;

/// <summary>What goes into the next transaction, and what waits for the one after it.</summary>
/// <param name="Groups">In the order of the batch.</param>
/// <param name="Split">Accounts of which only a part fits into one transaction: legs of a lease may be apart for one slot.</param>
/// <param name="ExpectedGas">By the table; the estimate is compared with it.</param>
public sealed record BatchPlan(
    ImmutableArray<AccountPlan> Groups, ImmutableArray<AccountPlan> Deferred, ImmutableArray<AccountKey> Split, ulong ExpectedGas)
{
    public IEnumerable<FlowStep> Steps => Groups.SelectMany(g => g.Steps);

    public IEnumerable<FlowOperation> Operations => Groups.SelectMany(g => g.Operations);
}

/// <summary>Fills one batch with whole accounts, most urgent first, as far as the gas goes.</summary>
public static class BatchPacker
{
    /// <param name="plans">In the order in which they fell due; that order decides between equals.</param>
    /// <remarks>
    /// An account that alone is too large is cut after the last step that fits, and only at the front of a batch: its steps are in a fixed order, so the
    /// cut is always the same one. A single step larger than the bound still goes, or it would wait for ever.
    /// </remarks>
    public static BatchPlan Pack(IReadOnlyList<AccountPlan> plans, GasBound bound, GasTable gas)
    {
        var groups = ImmutableArray.CreateBuilder<AccountPlan>();
        var deferred = ImmutableArray.CreateBuilder<AccountPlan>();
        var split = ImmutableArray.CreateBuilder<AccountKey>();
        var expected = gas.Base;
        foreach (var plan in plans.Where(p => !p.Steps.IsEmpty).OrderBy(p => p.Urgency))
        {
            var more = Use(plan.Steps, gas);
            if (Fits(expected + more, bound))
            {
                groups.Add(plan);
                expected += more;
            }
            else if (groups.Count > 0)
            {
                deferred.Add(plan);
            }
            else
            {
                var count = StepsThatFit(plan, bound, gas);
                groups.Add(plan with { Steps = plan.Steps[..count] });
                expected += Use(plan.Steps[..count], gas);
                if (count == plan.Steps.Length)
                    continue;
                deferred.Add(plan with { Steps = plan.Steps[count..], Settled = [], Held = [] });
                split.Add(plan.Account);
            }
        }

        return new BatchPlan(groups.ToImmutable(), deferred.ToImmutable(), split.ToImmutable(), expected);
    }

    private static int StepsThatFit(AccountPlan plan, GasBound bound, GasTable gas)
    {
        var count = 1;
        while (count < plan.Steps.Length && Fits(gas.Base + Use(plan.Steps[..(count + 1)], gas), bound))
            count++;
        return count;
    }

    private static bool Fits(ulong expected, GasBound bound) => GasPlan.WithHeadroom(expected) <= bound.Gas;

    private static ulong Use(ImmutableArray<FlowStep> steps, GasTable gas) =>
        steps.SelectMany(s => s.Operations).Aggregate(0UL, (sum, operation) => sum + gas.Use(operation.Kind));
}
