using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Server.Storage.Documents;

/// <summary>One flow at one rate, as the ledger keeps it.</summary>
/// <param name="V">1; 2 without <paramref name="Begin"/>.</param>
/// <param name="Begin">Null: it is older than the ledger.</param>
/// <param name="End">Null: it still flows.</param>
/// <param name="Since">Seconds since 1970 from which on it is counted, where it is older than the ledger.</param>
/// <param name="Changed">When it was given its rate, likewise.</param>
internal sealed record SegmentDocument(
    int V, string Payee, string Rate, string Deposit, EdgeDocument? Begin, EdgeDocument? End, ulong? Since = null, ulong? Changed = null) : IStoredDocument
{
    public const int Newest = 2;

    public static SegmentDocument From(FlowSegment segment) => new(
        segment.Begin.Edge is null ? Newest : 1,
        segment.Payee.ToString(),
        segment.Rate.ToDecimal(),
        segment.Deposit.ToDecimal(),
        segment.Begin.Edge is { } begin ? EdgeDocument.From(begin) : null,
        segment.End is { } end ? EdgeDocument.From(end) : null,
        segment.Begin.Edge is null ? segment.Begin.At.UnixSeconds : null,
        segment.Begin.Edge is null ? segment.Begin.Changed.UnixSeconds : null);

    public static string Write(FlowSegment segment) => StoredDocuments.Write(From(segment), StoredDocuments.Default.SegmentDocument);

    /// <exception cref="StoredFormException">Not a segment.</exception>
    public static FlowSegment Read(string json) => StoredDocuments.Read(json, StoredDocuments.Default.SegmentDocument, Newest).ToDomain();

    public FlowSegment ToDomain() => new(Address.Parse(Payee), FlowRate.Parse(Rate), TokenAmount.Parse(Deposit), BeginToDomain(), End?.ToDomain());

    private SegmentBegin BeginToDomain() => (Begin, Since, Changed) switch
    {
        ({ } edge, _, _) => SegmentBegin.By(edge.ToDomain()),
        (null, { } since, { } changed) => SegmentBegin.Before(new BlockTime(since), new BlockTime(changed)),
        _ => throw new StoredFormException("A segment does not say how it began."),
    };
}

/// <summary>A change at one end of a segment.</summary>
/// <param name="At">Seconds since 1970.</param>
/// <param name="Taken">Of the buffer, like the two behind it; null: 0.</param>
internal sealed record EdgeDocument(
    ulong At, ulong Block, uint Log, string Transaction, ChangeCause Hand, string? Taken = null, string? Returned = null, string? Lost = null)
{
    public static EdgeDocument From(SegmentEdge edge) => new(
        edge.Mark.At.UnixSeconds,
        edge.Mark.Block.Value,
        edge.Mark.LogIndex,
        edge.Mark.Transaction.ToString(),
        edge.Hand,
        Text(edge.Buffer.Taken),
        Text(edge.Buffer.Returned),
        Text(edge.Buffer.Lost));

    public SegmentEdge ToDomain() => new(
        new LedgerMark(new BlockTime(At), new BlockNumber(Block), Log, Hash32.Parse(Transaction)),
        Hand,
        new BufferMove(Amount(Taken), Amount(Returned), Amount(Lost)));

    private static string? Text(TokenAmount amount) => amount.IsZero ? null : amount.ToDecimal();

    private static TokenAmount Amount(string? text) => text is null ? TokenAmount.Zero : TokenAmount.Parse(text);
}
