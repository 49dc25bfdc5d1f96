using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage.Documents;

namespace Gateway.Server.Storage;

/// <summary>One line of what happened to a lease.</summary>
internal sealed record HistoryNote(DateTimeOffset At, NoteKind Kind, string Summary, Evidence? Evidence, string? TraceId);

/// <summary>What happened to a lease, as far as it is kept.</summary>
internal sealed class LeaseHistory(RedisConnection redis)
{
    /// <summary>The newest <see cref="AccountCommit.NotesKept"/> lines, the oldest of them first.</summary>
    public async Task<IReadOnlyList<HistoryNote>> ReadAsync(AccountKey account, LeaseId lease, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).InShard.History(lease);
        var lines = await redis.ReadAsync("LRANGE", database => database.ListRangeAsync(key), cancellationToken);
        return [.. lines.Select(l => NoteDocument.Read(l.ToString()))];
    }
}
