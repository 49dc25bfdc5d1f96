using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>What was streamed to one payee for our leases, less what they used there. In thousandths of a wei; positive: the payer is ahead.</summary>
/// <param name="Streamed">By our leases' part of the flow, since its ledger began.</param>
/// <param name="Used">Of the same time: by leases that are open, and by those that have ended.</param>
/// <param name="Leg">What the flow carries for our leases now.</param>
/// <param name="IsCertain">False: a log is missing, and the sum goes by the rate that was last certain.</param>
public sealed record Drift(Address Payee, MilliWei Streamed, MilliWei Used, FlowRate Leg, bool IsCertain)
{
    public MilliWei Amount => Streamed - Used;

    /// <summary>Null: nothing is known of the flow yet.</summary>
    public static Drift? Of(AccountBook book, Flow flow, BlockTime at)
    {
        if (flow.Ledger is not { } ledger)
            return null;
        var leg = flow.Observed.Rate.MinusFloored(flow.Foreign);
        return new Drift(flow.Payee, ledger.OursAt(at, flow.Foreign), ledger.Settled + UsedBy(book, flow.Payee, at), leg, ledger.IsCurrent(flow));
    }

    /// <summary>Of every flow of the account of which something is known.</summary>
    public static IEnumerable<Drift> All(AccountBook book, BlockTime at) =>
        book.Account.Flows.Values.OrderBy(f => f.Payee).Select(f => Of(book, f, at)).OfType<Drift>();

    /// <summary>What leases that are still in the book have used of a payee's.</summary>
    internal static MilliWei UsedBy(AccountBook book, Address payee, BlockTime at) => UsedBy(book, payee, at.ToDateTimeOffset());

    internal static MilliWei UsedBy(AccountBook book, Address payee, DateTimeOffset at) => book.Leases.Values
        .Where(l => !l.IsEnded && l.Pays(payee))
        .Aggregate(MilliWei.Zero, (sum, lease) => sum + lease.UsedFor(payee, at));
}

/// <summary>What remains between stream and meter where no flow is: it waits for the next lease that pays the same payee.</summary>
/// <param name="ByPayee">Signed, in thousandths of a wei; positive: the payer is ahead. Never 0.</param>
/// <param name="Elsewhere">The same of payees that are no longer told apart.</param>
public sealed record CarriedRemainder(ImmutableSortedDictionary<Address, MilliWei> ByPayee, MilliWei Elsewhere)
{
    /// <summary>Payees told apart; an account would grow with every node that its payer ever used.</summary>
    public const int MostPayees = 256;

    public static readonly CarriedRemainder None = new(ImmutableSortedDictionary<Address, MilliWei>.Empty, MilliWei.Zero);

    public MilliWei Total => ByPayee.Values.Aggregate(Elsewhere, (sum, amount) => sum + amount);

    /// <summary>What waits for the payee is taken up by a flow.</summary>
    public (CarriedRemainder Left, MilliWei Taken) Take(Address payee) =>
        (this with { ByPayee = ByPayee.Remove(payee) }, ByPayee.GetValueOrDefault(payee));

    /// <summary>The same with what a flow left for its payee.</summary>
    public CarriedRemainder Add(Address payee, MilliWei amount)
    {
        var sum = ByPayee.GetValueOrDefault(payee) + amount;
        var next = this with { ByPayee = sum == MilliWei.Zero ? ByPayee.Remove(payee) : ByPayee.SetItem(payee, sum) };
        if (next.ByPayee.Count <= MostPayees)
            return next;
        // The smallest is missed least. What it is stays in the sum.
        var least = next.ByPayee.MinBy(p => p.Value.Magnitude);
        return new CarriedRemainder(next.ByPayee.Remove(least.Key), next.Elsewhere + least.Value);
    }

    public bool Equals(CarriedRemainder? other) => other is not null && Elsewhere == other.Elsewhere && ByPayee.SequenceEqual(other.ByPayee);

    public override int GetHashCode() => HashCode.Combine(ByPayee.Count, Elsewhere);
}

/// <summary>Flows' ledgers through the life of flows and leases: they begin, follow the chain, take over what ended leases used, and leave what remains.</summary>
internal static class Tallies
{
    /// <summary>The flow's ledger once the account has taken over a block; nothing of the flow itself is new in <paramref name="flow"/> yet.</summary>
    /// <param name="changes">Of this flow since its ledger's block.</param>
    public static FlowTally Observe(AccountBook book, Flow flow, IEnumerable<FlowChange> changes, FlowReading reading, BlockRef block)
    {
        // What was used before it begins belongs to what was streamed before.
        if (flow.Ledger is not { } ledger)
            return FlowTally.Begin(reading, block, MilliWei.Zero - Drift.UsedBy(book, flow.Payee, block.Time));
        if (ledger.Follow(flow, changes, reading, block) is { } next)
            return next;
        // A node that has the state of a block has the logs of so many before it. Of older ones some keep none, and a guess is all there is.
        return block.Number > ledger.Block.Plus(FlowObserving.LogsAreKept) ? ledger.Guess(flow, reading, block) : ledger;
    }

    /// <summary>Changes of its flow that the ledger does not have.</summary>
    public static IEnumerable<FlowChange> Since(FlowTally ledger, Address payee, IEnumerable<FlowChange> changes) =>
        changes.Where(c => c.Payee == payee && c.Evidence.Block > ledger.Block);

    /// <summary>A lease has ended and leaves the book: what it used stays with its flows.</summary>
    /// <param name="before">As it ended before a late report told more of it. Null: it ends now.</param>
    public static AccountBook Settle(AccountBook book, Lease ended, Lease? before = null)
    {
        var account = book.Account;
        foreach (var payee in ended.Payees.Select(p => p.Address).Distinct())
        {
            var used = UsedFor(ended, payee) - (before is null ? MilliWei.Zero : UsedFor(before, payee));
            if (used == MilliWei.Zero)
                continue;
            account = account.Flows.TryGetValue(payee, out var flow) && flow.Ledger is { } ledger
                ? account with { Flows = account.Flows.SetItem(payee, flow with { Ledger = ledger with { Settled = ledger.Settled + used } }) }
                : account with { Carried = account.Carried.Add(payee, MilliWei.Zero - used) };
        }

        return book with { Account = account };
    }

    private static MilliWei UsedFor(Lease ended, Address payee) => ended.UsedFor(payee, ended.Meter.End ?? ended.ClosedAt ?? ended.Meter.Since);

    /// <summary>A flow comes to be known: what is carried for its payee goes on in it.</summary>
    public static Account Begin(Account account, Flow flow, BlockRef block)
    {
        var (left, taken) = account.Carried.Take(flow.Payee);
        var ledger = FlowTally.Begin(flow.Observed, block, MilliWei.Zero - taken);
        return account with { Carried = left, Flows = account.Flows.SetItem(flow.Payee, flow with { Ledger = ledger }) };
    }

    /// <summary>A flow that no lease pays any more is forgotten: what remains of it is carried.</summary>
    public static Account Leave(Account account, Flow flow)
    {
        var carried = flow.Ledger is { } ledger ? account.Carried.Add(flow.Payee, MilliWei.Of(ledger.Ours) - ledger.Settled) : account.Carried;
        return account with { Carried = carried, Flows = account.Flows.Remove(flow.Payee) };
    }
}
