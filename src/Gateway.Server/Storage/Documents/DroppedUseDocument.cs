using Gateway.Domain.Metering;

namespace Gateway.Server.Storage.Documents;

/// <summary>What the records held that were dropped of a lease's log of usage: exact, in thousandths of a wei.</summary>
internal sealed record DroppedUseDocument(int V, SealedUseDocument Sum) : IStoredDocument
{
    public static string Write(UsageSum sum) => StoredDocuments.Write(new DroppedUseDocument(1, SealedUseDocument.Of(sum)), StoredDocuments.Default.DroppedUseDocument);

    /// <exception cref="StoredFormException">Not such a sum.</exception>
    public static UsageSum Read(string json) => StoredDocuments.Read(json, StoredDocuments.Default.DroppedUseDocument).Sum.ToDomain();
}
