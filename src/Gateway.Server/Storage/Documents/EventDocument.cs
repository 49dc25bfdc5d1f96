using Gateway.Server.Webhooks;

namespace Gateway.Server.Storage.Documents;

/// <summary>An event on its way to whoever is told by HTTP.</summary>
/// <param name="Json">What is signed and sent, to the byte.</param>
internal sealed record EventDocument(int V, string Type, DateTimeOffset CreatedAt, string Json, int Attempts, string? LastError) : IStoredDocument
{
    public static string Write(WebhookEvent told) => StoredDocuments.Write(
        new EventDocument(1, told.Type, told.CreatedAt, told.Json, told.Attempts, told.LastError), StoredDocuments.Default.EventDocument);

    public static WebhookEvent Read(string id, string json)
    {
        var document = StoredDocuments.Read(json, StoredDocuments.Default.EventDocument);
        return new WebhookEvent(id, document.Type, document.CreatedAt, document.Json, document.Attempts, document.LastError);
    }
}
