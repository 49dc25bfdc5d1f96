using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Statements;

/// <summary>Where a ledger begins that does not begin with the first flow that there ever was.</summary>
/// <param name="At">What flowed there was read from the chain's state, and is counted from then on.</param>
/// <param name="Beyond">Buffers of flows that were open there and that the ledger does not know: they are not to payees of ours.</param>
public sealed record LedgerOrigin(BlockRef At, TokenAmount Beyond);

/// <summary>What an account's flows streamed, through one executed block: those that stand, and the sums of all segments that have ended.</summary>
/// <remarks>A fold over the chain's own events: the same blocks give the same ledger, wherever they are cut.</remarks>
/// <param name="Through">Every change up to and including this block is in it. Null: none was looked for yet.</param>
/// <param name="Open">By payee.</param>
/// <param name="Ended">What the segments that have ended streamed, by payee.</param>
public sealed record FlowLedger(
    BlockRef? Through, ImmutableSortedDictionary<Address, FlowSegment> Open, ImmutableSortedDictionary<Address, TokenAmount> Ended)
{
    public static readonly FlowLedger Empty = new(
        Through: null, ImmutableSortedDictionary<Address, FlowSegment>.Empty, ImmutableSortedDictionary<Address, TokenAmount>.Empty);

    /// <summary>Null: it begins with the first flow that there ever was.</summary>
    public LedgerOrigin? Origin { get; init; }

    /// <summary>Everybody to whom anything flowed that is known of.</summary>
    public IEnumerable<Address> Payees => Open.Keys.Union(Ended.Keys);

    /// <summary>What the chain holds as buffers of the account, as far as this is right.</summary>
    public TokenAmount Buffers => Open.Values.Aggregate(Origin?.Beyond ?? TokenAmount.Zero, (sum, s) => sum + s.Deposit);

    /// <summary>One that begins at a block, with nothing but what the state there holds as buffers.</summary>
    public static FlowLedger From(BlockRef at, TokenAmount buffers) => Empty with { Through = at, Origin = new LedgerOrigin(at, buffers) };

    public bool Knows(Address payee) => Open.ContainsKey(payee) || Ended.ContainsKey(payee);

    /// <summary>Whether a flow that it does not know may be one that was open where it begins.</summary>
    public bool MayBeOlder(Address payee, FlowReading seen) => Origin is { } origin && !Knows(payee) && !seen.Rate.IsZero && seen.LastUpdated <= origin.At.Time;

    /// <summary>Whether a flow to one of them may have been open where it begins, and is not known.</summary>
    public bool MayLack(IEnumerable<Address> payees) => Origin is { Beyond.IsZero: false } && payees.Any(p => !Knows(p));

    /// <summary>With a flow that was open where it begins: its buffer is one of those that were not known.</summary>
    /// <param name="seen">By state, and not changed since the ledger began.</param>
    public FlowLedger With(Address payee, FlowReading seen)
    {
        if (!MayBeOlder(payee, seen))
            throw new ArgumentException("A flow that is known, or newer than the ledger, is told by logs.", nameof(seen));
        return this with
        {
            Open = Open.Add(payee, new FlowSegment(payee, seen.Rate, seen.Deposit, SegmentBegin.Before(Origin!.At.Time, seen.LastUpdated), End: null)), // It has one: the flow may be older.
            Origin = Origin with { Beyond = Origin.Beyond - seen.Deposit },
        };
    }

    /// <summary>All that was streamed to a payee until then.</summary>
    /// <param name="at">Not before the end of any segment that is in <see cref="Ended"/>.</param>
    public TokenAmount StreamedTo(Address payee, BlockTime at) =>
        Ended.GetValueOrDefault(payee) + (Open.GetValueOrDefault(payee)?.StreamedWithin(default, at) ?? TokenAmount.Zero);

    /// <summary>The ledger that agrees with what the chain holds as buffers; null: none does.</summary>
    /// <param name="mayKnowMore">It has heard of flows that may have been open where it begins: their buffers are no longer among those that it does not know.</param>
    public FlowLedger? Explains(TokenAmount buffers, bool mayKnowMore)
    {
        if (buffers == Buffers)
            return this;
        if (!mayKnowMore || Origin is not { } origin)
            return null;
        var beyond = origin.Beyond + buffers - Buffers;
        return beyond < origin.Beyond && beyond >= TokenAmount.Zero ? this with { Origin = origin with { Beyond = beyond } } : null;
    }

    /// <param name="changes">After <see cref="Through"/>, up to <paramref name="through"/>, in the order of the chain.</param>
    /// <returns>The ledger through that block, and the segments that ended on the way, in the order of their ends.</returns>
    public (FlowLedger Ledger, ImmutableArray<FlowSegment> Closed) Apply(IEnumerable<LedgerChange> changes, BlockRef through)
    {
        var (open, ended) = (Open.ToBuilder(), Ended.ToBuilder());
        var closed = ImmutableArray.CreateBuilder<FlowSegment>();
        foreach (var change in changes)
        {
            var former = open.GetValueOrDefault(change.Payee);
            var move = BufferMove.Between(former?.Deposit ?? TokenAmount.Zero, change.Deposit, change.BufferLost);
            if (former is not null)
            {
                var end = new SegmentEdge(change.Mark, change.Hand, change.Rate.IsZero ? move : BufferMove.None);
                closed.Add(former with { End = end });
                ended[change.Payee] = ended.GetValueOrDefault(change.Payee) + former.StreamedWithin(default, change.Mark.At);
                open.Remove(change.Payee);
            }

            if (!change.Rate.IsZero)
                open[change.Payee] = new FlowSegment(change.Payee, change.Rate, change.Deposit, SegmentBegin.By(new SegmentEdge(change.Mark, change.Hand, move)), End: null);
        }

        return (this with { Through = through, Open = open.ToImmutable(), Ended = ended.ToImmutable() }, closed.ToImmutable());
    }
}
