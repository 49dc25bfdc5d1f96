namespace Gateway.Server.Storage.Documents;

/// <summary>A closed period of a payee. Written once.</summary>
internal sealed record PayeePeriodDocument(int V, string Name, DateTimeOffset ClosedAt, string Statement, string Sha256) : IStoredDocument
{
    public static string Write(ClosedPayeePeriod period) => StoredDocuments.Write(
        new PayeePeriodDocument(1, period.Name, period.ClosedAt, period.Statement, period.Sha256), StoredDocuments.Default.PayeePeriodDocument);

    /// <exception cref="StoredFormException">Not a closed period of a payee.</exception>
    public static ClosedPayeePeriod Read(string json)
    {
        var d = StoredDocuments.Read(json, StoredDocuments.Default.PayeePeriodDocument);
        return new ClosedPayeePeriod(d.Name, d.ClosedAt, d.Statement, d.Sha256);
    }
}
