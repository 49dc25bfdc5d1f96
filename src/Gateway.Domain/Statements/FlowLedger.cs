using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Statements;

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

    /// <summary>Everybody to whom anything ever flowed.</summary>
    public IEnumerable<Address> Payees => Open.Keys.Union(Ended.Keys);

    /// <summary>All that was streamed to a payee until then.</summary>
    /// <param name="at">Not before the end of any segment that is in <see cref="Ended"/>.</param>
    public TokenAmount StreamedTo(Address payee, BlockTime at) =>
        Ended.GetValueOrDefault(payee) + (Open.GetValueOrDefault(payee)?.StreamedWithin(default, at) ?? TokenAmount.Zero);

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
                open[change.Payee] = new FlowSegment(change.Payee, change.Rate, change.Deposit, new SegmentEdge(change.Mark, change.Hand, move), End: null);
        }

        return (new FlowLedger(through, open.ToImmutable(), ended.ToImmutable()), closed.ToImmutable());
    }
}
