using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Domain.Accounts;

/// <summary>Whether an account can carry a new lease or a higher price, beside all that is already wanted of it and not settled yet.</summary>
/// <remarks>
/// Asked in order: does the rate fit the protocol, is the lease worth its gas, permission, allowance, balance, runway. Pure: the answer holds for the observed block, and the
/// simulation of settlement has the last word.
/// </remarks>
/// <param name="operatorAddress">Our operator: where it is the payer itself, it needs nobody's permission.</param>
/// <param name="gasPrice">What a gas costs now, in native wei.</param>
public sealed class Admission(AccountObservation seen, AdmissionPolicy policy, Address operatorAddress, Wei gasPrice)
{
    /// <summary>A lease that is not in the book. The observation must hold a reading of each payee's flow.</summary>
    public Quote ForLease(AccountBook book, FlowRate rate, ImmutableArray<Payee> payees)
    {
        var legs = Leases.Legs.Split(rate, payees);
        var before = Desired(book, payees);
        var quote = Judge(book.Account.Key, before, Claim(book, before, AddLegs(before, payees, legs)), legs);
        // Neither permission nor money helps a lease that is not worth its gas; whether the protocol takes it at all is asked before.
        return quote.Refusal?.Code == RefusalCode.RateTooLarge || policy.Economics?.Judge(rate, gasPrice * GasOf(payees)) is not { } uneconomic
            ? quote
            : quote with { Refusal = uneconomic };
    }

    /// <summary>Gas of opening a lease, in a batch that others are in as well.</summary>
    public ulong OpeningGas(ImmutableArray<Payee> payees) => payees.Aggregate(
        0UL, (sum, payee) => sum + GasTable.Measured.Use(IsNew(payee) ? FlowOperationKind.Create : FlowOperationKind.Update));

    private ulong GasOf(ImmutableArray<Payee> payees) => payees.Aggregate(
        OpeningGas(payees), (sum, payee) => sum + GasTable.Measured.Use(IsNew(payee) ? FlowOperationKind.Delete : FlowOperationKind.Update));

    private bool IsNew(Payee payee) => seen.FlowTo(payee.Address).Rate.IsZero;

    /// <summary>Another price of a lease of the book. A change that raises no flow now is always admitted.</summary>
    public Quote ForChange(AccountBook book, LeaseId id, LeaseChange change)
    {
        var lease = book.Leases[id];
        var after = lease with { Rate = change.Rate ?? lease.Rate, PausedRate = change.PausedRate ?? lease.PausedRate };
        var before = Desired(book, lease.Payees);
        var wanted = before;
        foreach (var payee in lease.Payees.Select(p => p.Address).Distinct())
            wanted = wanted.SetItem(payee, Sum(before[payee].MinusFloored(lease.WantedFor(payee)), after.WantedFor(payee)));
        return Judge(book.Account.Key, before, wanted, Leases.Legs.Split(after.Rate, lease.Payees));
    }

    /// <summary>A lost lease that is opened again: what its flows lack is judged like a raise.</summary>
    public Quote ForAdoption(AccountBook book, AccountBook adopted, Lease lease)
    {
        var before = Desired(book, lease.Payees);
        return Judge(book.Account.Key, before, before.SetItems(adopted.Account.Flows.ToDictionary(f => f.Key, f => f.Value.Desired)), Leases.Legs.Split(lease.Rate, lease.Payees));
    }

    private Quote Judge(
        AccountKey account, ImmutableDictionary<Address, FlowRate> before, ImmutableDictionary<Address, FlowRate> after, ImmutableArray<FlowRate> legs)
    {
        var raised = after.Where(f => f.Value > before[f.Key]).Select(f => f.Key).Order().ToList();
        var ownAccount = account.Payer == operatorAddress;
        var projection = Projection.Of(seen, after);
        var allowance = ownAccount ? FlowRate.Zero : Raises(after);
        var locked = seen.AvailableBalance - projection.AvailableBalance;
        var required = TokenAmount.Larger(TokenAmount.Zero, locked + Reserve(projection.Net));
        var refusal = raised.Count == 0
            ? null
            : RateRefusal(raised, after)
                ?? (ownAccount ? null : PermissionRefusal(raised) ?? AllowanceRefusal(allowance))
                ?? BalanceRefusal(locked, required, projection);
        return new Quote(
            legs,
            Projection.Of(seen, before).AvailableBalance - projection.AvailableBalance,
            required,
            allowance,
            Solvency.RunwayOf(projection.AvailableBalance, projection.Net, seen.At),
            refusal);
    }

    /// <summary>What is wanted of every flow of the account; what already flows to a payee without a lease of ours is foreign and stays.</summary>
    private ImmutableDictionary<Address, FlowRate> Desired(AccountBook book, ImmutableArray<Payee> payees)
    {
        var desired = book.Account.Flows.Values.ToImmutableDictionary(f => f.Payee, f => f.Desired);
        foreach (var payee in payees.Select(p => p.Address).Where(p => !desired.ContainsKey(p)).Distinct())
            desired = desired.Add(payee, seen.FlowTo(payee).Rate);
        return desired;
    }

    private static ImmutableDictionary<Address, FlowRate> AddLegs(
        ImmutableDictionary<Address, FlowRate> rates, ImmutableArray<Payee> payees, ImmutableArray<FlowRate> legs)
    {
        for (var i = 0; i < payees.Length; i++)
            rates = rates.SetItem(payees[i].Address, Sum(rates[payees[i].Address], legs[i]));
        return rates;
    }

    /// <summary>What a lost lease that is opened again finds there already is not added once more.</summary>
    private static ImmutableDictionary<Address, FlowRate> Claim(
        AccountBook book, ImmutableDictionary<Address, FlowRate> before, ImmutableDictionary<Address, FlowRate> after)
    {
        foreach (var (payee, rate) in after)
        {
            if (book.Account.Flows.TryGetValue(payee, out var flow))
                after = after.SetItem(payee, rate - flow.Unclaimed.PartOf(rate.MinusFloored(before[payee])));
        }

        return after;
    }

    /// <summary>All raises still to be made. The protocol never refunds an allowance, so what is lowered meanwhile gives nothing back.</summary>
    private FlowRate Raises(ImmutableDictionary<Address, FlowRate> wanted) =>
        wanted.Aggregate(FlowRate.Zero, (sum, flow) => Sum(sum, flow.Value.MinusFloored(seen.FlowTo(flow.Key).Rate)));

    private Refusal? RateRefusal(List<Address> raised, ImmutableDictionary<Address, FlowRate> after)
    {
        var largest = BufferDeposit.LargestRate(seen.Parameters);
        foreach (var payee in raised.Where(p => after[p] > largest))
        {
            return new Refusal(
                RefusalCode.RateTooLarge, after[payee].ToDecimal(), largest.ToDecimal(), $"The flow to {payee} would be larger than the protocol takes.");
        }

        return null;
    }

    private Refusal? PermissionRefusal(List<Address> raised)
    {
        var grant = seen.Grant;
        var missing = new List<string>();
        if (!grant.CanCreate && raised.Any(p => seen.FlowTo(p).Rate.IsZero))
            missing.Add("create");
        if (!grant.CanUpdate && raised.Any(p => !seen.FlowTo(p).Rate.IsZero))
            missing.Add("update");
        if (!grant.CanDelete)
            missing.Add("delete"); // Without it the payment could not be stopped for the customer.
        if (missing.Count == 0)
            return null;
        return new Refusal(
            RefusalCode.PermissionMissing,
            string.Join(", ", missing),
            Granted(grant),
            $"The payer has not granted {operatorAddress} the permission to {string.Join(" and to ", missing)} his flows.");
    }

    private static string Granted(OperatorGrant grant)
    {
        string?[] granted = [grant.CanCreate ? "create" : null, grant.CanUpdate ? "update" : null, grant.CanDelete ? "delete" : null];
        return granted.All(g => g is null) ? "none" : string.Join(", ", granted.Where(g => g is not null));
    }

    private Refusal? AllowanceRefusal(FlowRate required) => seen.Grant.IsUnlimited || required <= seen.Grant.Allowance
        ? null
        : new Refusal(
            RefusalCode.AllowanceTooSmall,
            required.ToDecimal(),
            seen.Grant.Allowance.ToDecimal(),
            "The flow-rate allowance that the payer granted does not cover all raises that are still to be made.");

    private Refusal? BalanceRefusal(TokenAmount locked, TokenAmount required, Projection projection)
    {
        var present = seen.AvailableBalance;
        if (present >= required)
            return null;
        return present.IsNegative || locked > present
            ? new Refusal(RefusalCode.BalanceTooLow, required.ToDecimal(), present.ToDecimal(), $"The buffers still to be locked come to {locked}.")
            : new Refusal(
                RefusalCode.RunwayTooShort,
                required.ToDecimal(),
                present.ToDecimal(),
                $"The account would last {Solvency.RunwayOf(projection.AvailableBalance, projection.Net, seen.At)}, and {policy.MinimumRunway} are wanted.");
    }

    /// <summary>What the account drains during the minimum runway.</summary>
    private TokenAmount Reserve(NetFlowRate net) =>
        TokenAmount.Larger(TokenAmount.Zero, -Solvency.BalanceAfter(TokenAmount.Zero, net, policy.MinimumRunway.Seconds ?? Runway.MaxSeconds));

    // Saturates: a sum beyond int96 is refused as too large, whatever it would have been.
    private static FlowRate Sum(FlowRate left, FlowRate right) => left > FlowRate.Max - right ? FlowRate.Max : left + right;
}
