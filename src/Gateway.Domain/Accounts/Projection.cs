using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>The account as it will be once settlement has brought every flow to a given set of rates.</summary>
/// <remarks>Balance and net rate move by the difference of deposits and of rates; what flows to and from others is taken as it is now.</remarks>
internal sealed class Projection
{
    private readonly AccountObservation _seen;
    private readonly ImmutableDictionary<Address, FlowRate> _rates;

    private Projection(AccountObservation seen, ImmutableDictionary<Address, FlowRate> rates)
    {
        _seen = seen;
        _rates = rates;
    }

    /// <summary>With every flow at its desired rate.</summary>
    public static Projection OfDesired(AccountBook book, AccountObservation seen) =>
        new(seen, book.Account.Flows.Values.ToImmutableDictionary(f => f.Payee, f => f.Desired));

    /// <summary>With these flows at these rates; flows that are not named stay as they were seen.</summary>
    public static Projection Of(AccountObservation seen, ImmutableDictionary<Address, FlowRate> rates) => new(seen, rates);

    /// <summary>The same with one lease's legs moved from one price to another; withheld legs carry nothing to move.</summary>
    public Projection Move(Lease lease, FlowRate from, FlowRate to)
    {
        var rates = _rates;
        foreach (var payee in lease.Payees.Select(p => p.Address).Distinct().Where(p => !lease.Withheld.Contains(p)))
        {
            var now = rates.GetValueOrDefault(payee).MinusFloored(lease.PartOf(from, payee));
            rates = rates.SetItem(payee, now + lease.PartOf(to, payee));
        }

        return new Projection(_seen, rates);
    }

    /// <summary>The same with the legs of a lease made again that were liquidated.</summary>
    public Projection MakeAgain(Lease lease)
    {
        var rates = _rates;
        foreach (var payee in lease.Withheld)
            rates = rates.SetItem(payee, rates.GetValueOrDefault(payee) + lease.PartOf(lease.Rate, payee));
        return new Projection(_seen, rates);
    }

    public TokenAmount AvailableBalance => _rates.Aggregate(
        _seen.AvailableBalance,
        (balance, rate) => balance + _seen.FlowTo(rate.Key).Deposit - DepositFor(rate.Key, rate.Value));

    public NetFlowRate Net => _rates.Aggregate(_seen.NetFlowRate, (net, rate) => net.Plus(_seen.FlowTo(rate.Key).Rate).Minus(rate.Value));

    /// <summary>First second below zero; null: never.</summary>
    public BlockTime? CriticalAt => Solvency.CriticalAt(AvailableBalance, Net, _seen.At);

    /// <summary>True where the account would be critical within so many seconds.</summary>
    public bool IsCriticalWithin(ulong seconds) => CriticalAt is { } critical && critical <= _seen.At.PlusSeconds(seconds);

    // A flow that is not touched keeps the deposit it has: governance changes reach it only at its next update.
    private TokenAmount DepositFor(Address payee, FlowRate rate) => rate == _seen.FlowTo(payee).Rate
        ? _seen.FlowTo(payee).Deposit
        : BufferDeposit.StoredFor(rate, _seen.Parameters);
}
