using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Statements;

/// <summary>The part of a segment that lies within a period.</summary>
public sealed record FlowStretch(FlowSegment Segment, BlockTime From, BlockTime To)
{
    public TokenAmount Streamed => Segment.StreamedWithin(From, To);

    /// <summary>The change that ended it, where the period holds that.</summary>
    public SegmentEdge? End => Segment.End is { } edge && edge.Mark.At <= To ? edge : null;
}

/// <summary>One move of a flow's buffer deposit.</summary>
public sealed record BufferEntry(Address Payee, SegmentEdge Edge);

/// <summary>Cuts segments at the borders of a period.</summary>
public static class SegmentCut
{
    /// <returns>Ordered by time; a rate that did not last a second streamed nothing and is left out.</returns>
    public static ImmutableArray<FlowStretch> Stretches(IEnumerable<FlowSegment> segments, BlockTime from, BlockTime to) =>
    [
        .. segments
            .Select(s => new FlowStretch(s, s.Begin.At > from ? s.Begin.At : from, s.End is { } end && end.Mark.At < to ? end.Mark.At : to))
            .Where(s => s.To > s.From)
            .OrderBy(s => s.From)
            .ThenBy(s => s.Segment.Payee),
    ];

    /// <summary>What was taken and given back from <paramref name="from"/> on, before <paramref name="before"/>: each move lies in one of two periods side by side.</summary>
    public static ImmutableArray<BufferEntry> BufferMoves(IEnumerable<FlowSegment> segments, BlockTime from, BlockTime before) =>
    [
        .. segments
            .SelectMany(s => new[] { s.Begin.Edge, s.End }.OfType<SegmentEdge>().Select(e => new BufferEntry(s.Payee, e)))
            .Where(e => !e.Edge.Buffer.IsNone && e.Edge.Mark.At >= from && e.Edge.Mark.At < before)
            .OrderBy(e => e.Edge.Mark.Block)
            .ThenBy(e => e.Edge.Mark.LogIndex),
    ];

    /// <summary>Deposits that were locked up at the end of that second.</summary>
    public static TokenAmount Held(IEnumerable<FlowSegment> segments, BlockTime at) => segments
        .Where(s => s.Begin.At <= at && !(s.End?.Mark.At <= at))
        .Aggregate(TokenAmount.Zero, (sum, s) => sum + s.Deposit);
}
