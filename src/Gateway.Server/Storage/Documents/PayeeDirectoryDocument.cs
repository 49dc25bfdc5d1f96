namespace Gateway.Server.Storage.Documents;

/// <summary>A payee directory as it was read.</summary>
/// <param name="Source">Where: one of another source is not used.</param>
/// <param name="Json">Its text.</param>
internal sealed record PayeeDirectoryDocument(int V, string Source, DateTimeOffset ReadAt, string Json) : IStoredDocument;
