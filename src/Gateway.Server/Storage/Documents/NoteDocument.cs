using Gateway.Domain.Accounts;

namespace Gateway.Server.Storage.Documents;

/// <summary>One line of a lease's history.</summary>
internal sealed record NoteDocument(int V, DateTimeOffset At, NoteKind Kind, string Summary, EvidenceDocument? Evidence, string? TraceId) : IStoredDocument
{
    public static string Write(Effect.Note note, DateTimeOffset at, string? traceId) => StoredDocuments.Write(
        new NoteDocument(1, at, note.Kind, note.Summary, EvidenceDocument.From(note.Evidence), traceId), StoredDocuments.Default.NoteDocument);

    public static HistoryNote Read(string json)
    {
        var document = StoredDocuments.Read(json, StoredDocuments.Default.NoteDocument);
        return new HistoryNote(document.At, document.Kind, document.Summary, document.Evidence?.ToDomain(), document.TraceId);
    }
}
