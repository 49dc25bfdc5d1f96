using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;

namespace Gateway.Server.Storage.Documents;

/// <summary>A directive without its lease and its number, which stand in the log.</summary>
internal sealed record DirectiveDocument(
    int V,
    string VmId,
    Execution Execution,
    Reason Reason,
    DateTimeOffset IssuedAt,
    DateTimeOffset? UnpaidFrom,
    EvidenceDocument? Evidence,
    string? TraceParent) : IStoredDocument
{
    public static string Write(Effect.IssueDirective directive, DateTimeOffset issuedAt, string? traceParent) => StoredDocuments.Write(
        new DirectiveDocument(
            1,
            directive.VmId,
            directive.Execution,
            directive.Reason,
            issuedAt,
            directive.UnpaidFrom,
            EvidenceDocument.From(directive.Evidence),
            traceParent),
        StoredDocuments.Default.DirectiveDocument);

    public static DirectiveDocument Read(string json) => StoredDocuments.Read(json, StoredDocuments.Default.DirectiveDocument);
}
