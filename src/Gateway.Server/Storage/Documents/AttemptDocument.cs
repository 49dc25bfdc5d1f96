using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;

namespace Gateway.Server.Storage.Documents;

/// <summary>One signed transaction.</summary>
/// <param name="Raw">As it goes over the wire, hex with "0x".</param>
/// <param name="MaxFee">Native wei per gas, like <paramref name="Tip"/>.</param>
internal sealed record AttemptDocument(
    int V, string Hash, string Raw, string MaxFee, string Tip, ulong GasLimit, AttemptKind Kind, DateTimeOffset At, string? TraceParent) : IStoredDocument
{
    public static string Write(SlotAttempt attempt)
    {
        var batch = attempt.Batch;
        var document = new AttemptDocument(
            1,
            batch.Hash.ToString(),
            "0x" + Convert.ToHexStringLower(batch.Raw.Span),
            batch.Fee.MaxFeePerGas.ToDecimal(),
            batch.Fee.MaxPriorityFeePerGas.ToDecimal(),
            batch.GasLimit,
            attempt.Kind,
            attempt.At,
            attempt.TraceParent);
        return StoredDocuments.Write(document, StoredDocuments.Default.AttemptDocument);
    }

    public static SlotAttempt Read(string json)
    {
        var document = StoredDocuments.Read(json, StoredDocuments.Default.AttemptDocument);
        var fee = new FeeOffer(Wei.Parse(document.MaxFee), Wei.Parse(document.Tip));
        var batch = new SignedBatch(Hash32.Parse(document.Hash), Convert.FromHexString(document.Raw.AsSpan(2)), fee, document.GasLimit);
        return new SlotAttempt(batch, document.Kind, document.At, document.TraceParent);
    }
}
