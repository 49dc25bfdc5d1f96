using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>An account's ledger as far as somebody asked, with every segment from some second on.</summary>
/// <param name="Ledger">Through the block that was asked for.</param>
/// <param name="Ended">Segments that ended at the first second or later, in the order of the chain.</param>
/// <param name="IsVerified">All of it was told by two endpoints, or by the only one there is, and is stored.</param>
/// <param name="Mismatch">What the chain says otherwise; null: nothing.</param>
internal sealed record LedgerView(FlowLedger Ledger, ImmutableArray<FlowSegment> Ended, bool IsVerified, string? Mismatch)
{
    /// <summary>Every segment, in the order in which they began.</summary>
    public IEnumerable<FlowSegment> Segments => Ended.Concat(Ledger.Open.Values)
        .OrderBy(s => s.Begin.At).ThenBy(s => s.Begin.Edge?.Mark.Block ?? default).ThenBy(s => s.Begin.Edge?.Mark.LogIndex);

    /// <summary>All that was streamed to a payee until then.</summary>
    /// <param name="at">Not before the second from which on the segments are there.</param>
    public TokenAmount StreamedTo(Address payee, BlockTime at)
    {
        // What has ended is in one sum: what of it lies after that second is taken off again.
        var after = Ended.Where(s => s.Payee == payee).Aggregate(TokenAmount.Zero, (sum, s) => sum + s.StreamedWithin(at, s.End!.Mark.At)); // They have ended.
        return Ledger.StreamedTo(payee, at) - after;
    }
}
