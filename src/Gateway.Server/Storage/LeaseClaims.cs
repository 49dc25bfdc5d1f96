using System.Globalization;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>What claiming a lease id came to.</summary>
internal abstract record LeaseClaim
{
    private LeaseClaim()
    {
    }

    /// <summary>The account may store a lease of this id. Others may be doing the same for it: its version decides between them.</summary>
    public sealed record Claimed : LeaseClaim;

    /// <summary>There is a lease of this id, perhaps ended, perhaps of another account: its fingerprint tells a repetition from a conflict.</summary>
    public sealed record Exists(Lease Lease) : LeaseClaim;

    /// <summary>There was a lease of this id, which ended so long ago that nothing is kept of it.</summary>
    public sealed record Spent : LeaseClaim;
}

/// <summary>Makes lease ids unique over all accounts: the id is claimed before the lease is stored.</summary>
/// <remarks>
/// Index and account lie in different slots of a cluster, so no script can see both. A claim alone is harmless: while no lease came of it, another
/// account may take it over. It first bars the former claim in that account's own shard, where a commit under way would find the bar; only then does the
/// index change hands. Stopped in between, the former owner's next claim lifts the bar.
/// </remarks>
internal sealed class LeaseClaims(RedisConnection redis, AccountStore accounts)
{
    /// <summary>Rounds after which several accounts are plainly fighting over the id.</summary>
    private const int MaxRounds = 10;

    /// <summary>A request that was frozen for longer than a bar stands could still store its lease; nothing holds one that long.</summary>
    internal static readonly TimeSpan BarStands = TimeSpan.FromDays(1);

    /// <summary>The lease ended at least as long before as details are kept: whoever still repeats its opening has been away since, and comes back within this time or never.</summary>
    internal static readonly TimeSpan SpentStands = TimeSpan.FromDays(40);

    /// <exception cref="StoreUnavailableException">No answer, or the id is fought over.</exception>
    public async Task<LeaseClaim> ClaimAsync(LeaseId lease, AccountKey account, CancellationToken cancellationToken)
    {
        var owner = await TakeAsync(lease, account, former: 0, cancellationToken);
        for (var round = 0; round < MaxRounds; round++)
        {
            if (owner is null)
                return new LeaseClaim.Claimed();
            if (owner.IsSpent)
                return new LeaseClaim.Spent();
            if (await accounts.FindLeaseAsync(owner.Account, lease, cancellationToken) is { } existing)
                return new LeaseClaim.Exists(existing);

            var mayTake = owner.Account == account
                ? await IsBarredAsync(lease, account, cancellationToken)
                : await BarAsync(lease, owner, cancellationToken);
            if (mayTake)
                owner = await TakeAsync(lease, account, owner.Number, cancellationToken);
            else if (owner.Account == account)
                owner = null;
        }

        throw new StoreUnavailableException($"Lease id {lease} is being claimed by several accounts at once.");
    }

    /// <summary>Nobody claims the id of a lease any more that is about to be dropped. Done first: a lease that stays for the time being is found by its account.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public Task SpendAsync(AccountKey account, IReadOnlyCollection<LeaseId> leases, CancellationToken cancellationToken) => redis.RunEachAsync(
        RedisScript.SpendClaim,
        leases.Select(l => (new[] { RedisKeys.LeaseIndex(l) }, new RedisValue[] { account.ToString(), (long)SpentStands.TotalSeconds })),
        cancellationToken);

    /// <returns>Null where it is the account's now, else who has it.</returns>
    private async Task<Owner?> TakeAsync(LeaseId lease, AccountKey account, long former, CancellationToken cancellationToken)
    {
        RedisKey[] keys = [RedisKeys.LeaseIndex(lease)];
        var answer = (string[])(await redis.RunAsync(RedisScript.Claim, keys, [account.ToString(), former], cancellationToken))!;
        if (string.Equals(answer[0], "OWNED", StringComparison.Ordinal))
            return new Owner(Stored.Account(answer[1]), long.Parse(answer[2], NumberStyles.None, CultureInfo.InvariantCulture));
        if (string.Equals(answer[0], "SPENT", StringComparison.Ordinal))
            return new Owner(account, 0, IsSpent: true);
        if (former > 0)
            await redis.RunAsync(RedisScript.UnvoidClaim, [RedisKeys.Of(account).InShard.Void(lease)], [answer[1]], cancellationToken);
        return null;
    }

    private Task<bool> IsBarredAsync(LeaseId lease, AccountKey account, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Of(account).InShard.Void(lease);
        return redis.ReadAsync("EXISTS", database => database.KeyExistsAsync(key), cancellationToken);
    }

    /// <returns>False where the lease has appeared meanwhile.</returns>
    private async Task<bool> BarAsync(LeaseId lease, Owner owner, CancellationToken cancellationToken)
    {
        var keys = RedisKeys.Of(owner.Account);
        RedisKey[] all = [keys.Account, keys.InShard.EndedLease(lease), keys.InShard.Void(lease)];
        RedisValue[] arguments = [lease.Value, owner.Number, (long)BarStands.TotalSeconds];
        return (int)await redis.RunAsync(RedisScript.VoidClaim, all, arguments, cancellationToken) == 1;
    }

    private sealed record Owner(AccountKey Account, long Number, bool IsSpent = false);
}
