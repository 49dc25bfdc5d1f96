using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;

namespace Gateway.Server.Storage.Documents;

/// <summary>Where an account's flow ledger stands. Its segments that have ended lie beside it.</summary>
/// <param name="At">The block's time, in seconds since 1970.</param>
/// <param name="Ended">Payee → wei that the segments that have ended streamed.</param>
/// <param name="Mismatch">What the chain said otherwise when last compared; null: nothing.</param>
internal sealed record LedgerDocument(
    int V, ulong Block, string Hash, ulong At, IReadOnlyList<SegmentDocument> Open, IReadOnlyDictionary<string, string> Ended, string? Mismatch) : IStoredDocument
{
    /// <param name="ledger">Through some block.</param>
    public static string Write(FlowLedger ledger, BlockRef through, string? mismatch) => StoredDocuments.Write(
        new LedgerDocument(
            1,
            through.Number.Value,
            through.Hash.ToString(),
            through.Time.UnixSeconds,
            [.. ledger.Open.Values.Select(SegmentDocument.From)],
            new SortedDictionary<string, string>(ledger.Ended.ToDictionary(e => e.Key.ToString(), e => e.Value.ToDecimal(), StringComparer.Ordinal), StringComparer.Ordinal),
            mismatch),
        StoredDocuments.Default.LedgerDocument);

    /// <exception cref="StoredFormException">Not a ledger.</exception>
    public static (FlowLedger Ledger, string? Mismatch) Read(string json)
    {
        var d = StoredDocuments.Read(json, StoredDocuments.Default.LedgerDocument);
        var ledger = new FlowLedger(
            new BlockRef(new BlockNumber(d.Block), Hash32.Parse(d.Hash), new BlockTime(d.At)),
            d.Open.Select(s => s.ToDomain()).ToImmutableSortedDictionary(s => s.Payee, s => s),
            d.Ended.ToImmutableSortedDictionary(e => Address.Parse(e.Key), e => TokenAmount.Parse(e.Value)));
        return (ledger, d.Mismatch);
    }
}
