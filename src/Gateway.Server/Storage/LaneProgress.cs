using System.Collections.Immutable;
using Gateway.Domain.Identity;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Whether settlement has finished with an account's flows: what was sent for one may be mined after a reading that does not show it.</summary>
internal sealed class LaneProgress(RedisConnection redis, LaneKeys keys)
{
    /// <summary>Payees whose flow is marked, waits, or is in a slot, each with no block; and of the others the block of the lane's last reading.</summary>
    /// <remarks>Ask before the chain is read: what is finished by then shows in every block from that reading on.</remarks>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<ImmutableDictionary<Address, BlockNumber?>> ReadAsync(AccountKey account, IEnumerable<Address> payees, CancellationToken cancellationToken)
    {
        var all = payees.ToList();
        var read = await redis.ReadAsync(
            "HMGET", database => Task.WhenAll(all.Select(p => ReadAsync(database, new FlowKey(account.SuperToken, account.Payer, p)))), cancellationToken);
        return all.Zip(read).ToImmutableDictionary(p => p.First, p => p.Second);
    }

    private async Task<BlockNumber?> ReadAsync(IDatabase database, FlowKey flow)
    {
        // In the order in which a mark travels: one that moves on in between is found at its next place.
        var key = keys.Flow(flow);
        var isMarked = database.HashExistsAsync(RedisKeys.Of(flow.Account).InShard.Dirty, flow.ToString());
        var waits = database.SortedSetScoreAsync(keys.Dirty, key.ToString());
        var isReady = database.SortedSetScoreAsync(keys.Ready, key.ToString());
        var fields = await database.HashGetAsync(key, ["inflight", "observed_block"]);
        if (await isMarked || await waits is not null || await isReady is not null || fields[0].HasValue)
            return null;
        return new BlockNumber(fields[1].HasValue ? (ulong)fields[1] : 0);
    }
}
