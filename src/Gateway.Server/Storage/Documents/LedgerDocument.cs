using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Server.Storage.Documents;

/// <summary>Where an account's flow ledger stands. Its segments that have ended lie beside it.</summary>
/// <param name="V">1; 2 with an origin.</param>
/// <param name="At">The block's time, in seconds since 1970.</param>
/// <param name="Ended">Payee → wei that the segments that have ended streamed.</param>
/// <param name="Mismatch">What the chain said otherwise when last compared; null: nothing.</param>
/// <param name="Origin">Null: it begins with the first flow that there ever was, as every ledger of a former version does.</param>
internal sealed record LedgerDocument(
    int V, ulong Block, string Hash, ulong At, IReadOnlyList<SegmentDocument> Open, IReadOnlyDictionary<string, string> Ended, string? Mismatch, OriginDocument? Origin = null)
    : IStoredDocument
{
    private const int Newest = 2;

    /// <param name="ledger">Through some block.</param>
    public static string Write(FlowLedger ledger, BlockRef through, string? mismatch) => StoredDocuments.Write(
        new LedgerDocument(
            ledger.Origin is null ? 1 : Newest,
            through.Number.Value,
            through.Hash.ToString(),
            through.Time.UnixSeconds,
            [.. ledger.Open.Values.Select(SegmentDocument.From)],
            new SortedDictionary<string, string>(ledger.Ended.ToDictionary(e => e.Key.ToString(), e => e.Value.ToDecimal(), StringComparer.Ordinal), StringComparer.Ordinal),
            mismatch,
            ledger.Origin is { } origin ? OriginDocument.From(origin) : null),
        StoredDocuments.Default.LedgerDocument);

    /// <exception cref="StoredFormException">Not a ledger.</exception>
    public static (FlowLedger Ledger, string? Mismatch) Read(string json)
    {
        var d = StoredDocuments.Read(json, StoredDocuments.Default.LedgerDocument, Newest);
        var ledger = new FlowLedger(
            new BlockRef(new BlockNumber(d.Block), Hash32.Parse(d.Hash), new BlockTime(d.At)),
            d.Open.Select(s => s.ToDomain()).ToImmutableSortedDictionary(s => s.Payee, s => s),
            d.Ended.ToImmutableSortedDictionary(e => Address.Parse(e.Key), e => TokenAmount.Parse(e.Value)))
        {
            Origin = d.Origin?.ToDomain(),
        };
        return (ledger, d.Mismatch);
    }
}

/// <summary>Where a ledger begins.</summary>
/// <param name="At">The block's time, in seconds since 1970.</param>
/// <param name="Beyond">Wei of buffers there of flows that the ledger does not know.</param>
internal sealed record OriginDocument(ulong Block, string Hash, ulong At, string Beyond)
{
    public static OriginDocument From(LedgerOrigin origin) =>
        new(origin.At.Number.Value, origin.At.Hash.ToString(), origin.At.Time.UnixSeconds, origin.Beyond.ToDecimal());

    public LedgerOrigin ToDomain() => new(new BlockRef(new BlockNumber(Block), Hash32.Parse(Hash), new BlockTime(At)), TokenAmount.Parse(Beyond));
}
