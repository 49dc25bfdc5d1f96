using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Domain.Statements;

/// <summary>What one change of a flow did to its buffer deposit, in wei of the super token. At most one of the first two is not 0.</summary>
/// <param name="Taken">Locked up, out of the payer's available balance.</param>
/// <param name="Returned">Given back to the payer's balance.</param>
/// <param name="Lost">Gone to whoever ended the flow while the payer was critical.</param>
public readonly record struct BufferMove(TokenAmount Taken, TokenAmount Returned, TokenAmount Lost)
{
    public static readonly BufferMove None;

    public bool IsNone => Taken.IsZero && Returned.IsZero && Lost.IsZero;

    /// <summary>From one stored deposit to another one; what <paramref name="lost"/> says beyond the former deposit is not the deposit's.</summary>
    public static BufferMove Between(TokenAmount former, TokenAmount now, TokenAmount lost)
    {
        if (now >= former)
            return new BufferMove(now - former, TokenAmount.Zero, TokenAmount.Zero);
        var gone = former - now;
        var kept = lost > gone ? gone : lost;
        return new BufferMove(TokenAmount.Zero, gone - kept, kept);
    }
}

/// <summary>One FlowUpdated of an executed block, with what stands around it.</summary>
/// <param name="Deposit">The buffer as it is stored from then on.</param>
/// <param name="BufferLost">Of the former buffer, to whoever ended the flow.</param>
/// <param name="Hand">Whose doing it was.</param>
public sealed record LedgerChange(
    Address Payee, FlowRate Rate, TokenAmount Deposit, TokenAmount BufferLost, ChangeCause Hand, LedgerMark Mark);

/// <summary>Where in the chain a change stands.</summary>
/// <param name="LogIndex">Counts through the block.</param>
public sealed record LedgerMark(BlockTime At, BlockNumber Block, uint LogIndex, Hash32 Transaction);

/// <summary>A change as a segment remembers it.</summary>
/// <param name="Hand">Whose doing it was.</param>
public sealed record SegmentEdge(LedgerMark Mark, ChangeCause Hand, BufferMove Buffer);

/// <summary>How a segment began.</summary>
public sealed record SegmentBegin
{
    private SegmentBegin(BlockTime at, BlockTime changed, SegmentEdge? edge) => (At, Changed, Edge) = (at, changed, edge);

    /// <summary>It is counted from then on.</summary>
    public BlockTime At { get; }

    /// <summary>When the flow was given its rate, as the chain's state has it.</summary>
    public BlockTime Changed { get; }

    /// <summary>The change that gave it its rate; null: it is older than the ledger, and what is known of it the state told.</summary>
    public SegmentEdge? Edge { get; }

    public static SegmentBegin By(SegmentEdge edge) => new(edge.Mark.At, edge.Mark.At, edge);

    /// <param name="from">Where the ledger begins.</param>
    /// <param name="changed">Not later.</param>
    public static SegmentBegin Before(BlockTime from, BlockTime changed) => new(from, changed, edge: null);
}

/// <summary>A flow at one constant rate, from one change to the next.</summary>
/// <param name="Rate">Not 0: where nothing flows there is no segment.</param>
/// <param name="Deposit">The buffer that is locked up for as long.</param>
/// <param name="End">
/// Null: it still flows. Its buffer move is that of a flow that ended; where the flow went on at another rate, the move is the next segment's.
/// </param>
public sealed record FlowSegment(Address Payee, FlowRate Rate, TokenAmount Deposit, SegmentBegin Begin, SegmentEdge? End)
{
    /// <summary>What it streamed between two instants, exact: the chain moves whole seconds' worth.</summary>
    public TokenAmount StreamedWithin(BlockTime from, BlockTime to)
    {
        var start = Begin.At > from ? Begin.At : from;
        var end = End is { } edge && edge.Mark.At < to ? edge.Mark.At : to;
        return end > start ? Rate.Over(end.UnixSeconds - start.UnixSeconds) : TokenAmount.Zero;
    }
}
