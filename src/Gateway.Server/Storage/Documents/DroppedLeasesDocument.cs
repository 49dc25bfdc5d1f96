using Gateway.Domain.Identity;

namespace Gateway.Server.Storage.Documents;

/// <summary>What is kept of an account's leases that were dropped.</summary>
/// <param name="Until">Seconds since 1970.</param>
/// <param name="Parts">Payee → wei.</param>
internal sealed record DroppedLeasesDocument(int V, ulong Until, long Count, IReadOnlyDictionary<string, string> Parts) : IStoredDocument
{
    public static string Write(DroppedLeases dropped) => StoredDocuments.Write(
        new DroppedLeasesDocument(1, dropped.Until.UnixSeconds, dropped.Count, ReadingDocument.Texts(dropped.Parts)), StoredDocuments.Default.DroppedLeasesDocument);

    /// <exception cref="StoredFormException">Not such a sum.</exception>
    public static DroppedLeases Read(string json)
    {
        var d = StoredDocuments.Read(json, StoredDocuments.Default.DroppedLeasesDocument);
        return new DroppedLeases(new BlockTime(d.Until), d.Count, ReadingDocument.Amounts(d.Parts));
    }
}
