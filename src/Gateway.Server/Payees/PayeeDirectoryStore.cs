using System.Text;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;
using Gateway.Server.Storage.Documents;

namespace Gateway.Server.Payees;

/// <summary>The last good directory, for a start while its source is away.</summary>
internal sealed class PayeeDirectoryStore(RedisConnection redis)
{
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public Task SaveAsync(string source, DateTimeOffset readAt, byte[] json, CancellationToken cancellationToken) => redis.ReadAsync(
        "SET",
        database => database.StringSetAsync(
            RedisKeys.PayeeDirectory,
            StoredDocuments.Write(new PayeeDirectoryDocument(1, source, readAt, Encoding.UTF8.GetString(json)), StoredDocuments.Default.PayeeDirectoryDocument)),
        cancellationToken);

    /// <returns>Null where nothing is stored of this source, or nothing that can be used.</returns>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<(PayeeDirectory Directory, DateTimeOffset ReadAt)?> FindAsync(string source, CancellationToken cancellationToken)
    {
        var json = await redis.ReadAsync("GET", database => database.StringGetAsync(RedisKeys.PayeeDirectory), cancellationToken);
        if (!json.HasValue)
            return null;
        var document = StoredDocuments.Read(json.ToString(), StoredDocuments.Default.PayeeDirectoryDocument);
        try
        {
            return string.Equals(document.Source, source, StringComparison.Ordinal)
                ? (PayeeDirectory.Read(Encoding.UTF8.GetBytes(document.Json)), document.ReadAt)
                : null;
        }
        catch (SourceException)
        {
            return null; // Another version took it for a good one: its source says better.
        }
    }
}
