using Gateway.Domain.Identity;
using Gateway.Server.Storage.Documents;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Closed periods of payees, each written once: whoever begins to pay them later changes none of it.</summary>
/// <remarks>All methods throw <see cref="StoreUnavailableException"/> where Redis has no answer.</remarks>
internal sealed class PayeePeriodStore(RedisConnection redis)
{
    /// <summary>The closed period with these very borders; null: there is none.</summary>
    public async Task<ClosedPayeePeriod?> FindAsync(Address superToken, Address payee, BlockTime from, BlockTime to, CancellationToken cancellationToken)
    {
        var key = RedisKeys.PeriodsOf(superToken, payee);
        var json = await redis.ReadAsync("HGET", database => database.HashGetAsync(key, Field(from, to)), cancellationToken);
        return json.HasValue ? PayeePeriodDocument.Read(json.ToString()) : null;
    }

    /// <returns>What is kept from now on: another one, where that was written before.</returns>
    public async Task<ClosedPayeePeriod> KeepAsync(Address superToken, Address payee, BlockTime from, BlockTime to, ClosedPayeePeriod period, CancellationToken cancellationToken)
    {
        var key = RedisKeys.PeriodsOf(superToken, payee);
        var json = PayeePeriodDocument.Write(period);
        // It may run twice: the second time it is there.
        await redis.ReadAsync("HSETNX", database => database.HashSetAsync(key, Field(from, to), json, When.NotExists), cancellationToken);
        return await FindAsync(superToken, payee, from, to, cancellationToken) ?? period;
    }

    private static string Field(BlockTime from, BlockTime to) => $"{Stored.Number(from.UnixSeconds)}-{Stored.Number(to.UnixSeconds)}";
}
