using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;

namespace Gateway.Server.Storage.Documents;

/// <summary>A mark without its flow, which is its field, and without its generation, which the script compares.</summary>
internal sealed record MarkDocument(int V, string Desired, Urgency Urgency, string? TraceParent) : IStoredDocument
{
    public static string Write(Effect.MarkFlow mark) => StoredDocuments.Write(
        new MarkDocument(1, mark.Desired.ToDecimal(), mark.Urgency, mark.TraceParent), StoredDocuments.Default.MarkDocument);

    public static FlowMark Read(FlowKey flow, ulong generation, string json)
    {
        var document = StoredDocuments.Read(json, StoredDocuments.Default.MarkDocument);
        return new FlowMark(flow, FlowRate.Parse(document.Desired), generation, document.Urgency, document.TraceParent);
    }
}
