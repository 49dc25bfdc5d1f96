using System.Globalization;
using Gateway.Domain.Identity;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>Leases of one account that another replica, or this one, has just changed.</summary>
internal sealed record LeaseHint(AccountKey Account, IReadOnlyList<LeaseId> Leases);

/// <summary>Says to every replica that something changed, through Redis pub/sub. Hints may get lost; whoever needs certainty also looks by himself now and then.</summary>
internal sealed class StoreHints(RedisConnection redis)
{
    /// <summary>Leases named in one message; more of them say "the account" by naming none.</summary>
    private const int MostNamed = 64;

    /// <summary>Tells that leases of an account changed.</summary>
    /// <exception cref="StoreUnavailableException">No answer. Nothing is lost but time.</exception>
    public Task LeasesChangedAsync(AccountKey account, IReadOnlyCollection<LeaseId> leases, CancellationToken cancellationToken)
    {
        var named = leases.Count <= MostNamed ? leases : [];
        return PublishAsync(RedisKeys.LeaseChanges, string.Join(' ', named.Select(l => l.Value).Prepend(account.ToString())), cancellationToken);
    }

    /// <summary>Tells that the directive log of an account's shard grew.</summary>
    /// <exception cref="StoreUnavailableException">No answer. Nothing is lost but time.</exception>
    public Task DirectivesIssuedAsync(AccountKey account, CancellationToken cancellationToken) => PublishAsync(
        RedisKeys.DirectiveIssues, RedisKeys.ShardOf(account).ToString(CultureInfo.InvariantCulture), cancellationToken);

    /// <summary>Calls back for every hint, from the connection's thread: the callbacks must not block, nor throw.</summary>
    /// <returns>Ends the subscription when it is disposed.</returns>
    public async Task<IAsyncDisposable> SubscribeAsync(Action<LeaseHint> leases, Action<int> directives, CancellationToken cancellationToken)
    {
        var subscriber = (await redis.MultiplexerAsync(cancellationToken)).GetSubscriber();
        Action<RedisChannel, RedisValue> onLeases = (_, message) => leases(ReadLeases(message));
        Action<RedisChannel, RedisValue> onDirectives = (_, message) => directives((int)message);
        await subscriber.SubscribeAsync(RedisKeys.LeaseChanges, onLeases);
        await subscriber.SubscribeAsync(RedisKeys.DirectiveIssues, onDirectives);
        return new Subscription(subscriber, onLeases, onDirectives);
    }

    private static LeaseHint ReadLeases(RedisValue message)
    {
        var words = message.ToString().Split(' ');
        return new LeaseHint(Stored.Account(words[0]), [.. words.Skip(1).Select(LeaseId.Parse)]);
    }

    private Task<long> PublishAsync(RedisChannel channel, string message, CancellationToken cancellationToken) =>
        redis.ReadAsync("PUBLISH", database => database.PublishAsync(channel, message), cancellationToken);

    private sealed class Subscription(
        ISubscriber subscriber, Action<RedisChannel, RedisValue> leases, Action<RedisChannel, RedisValue> directives) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await subscriber.UnsubscribeAsync(RedisKeys.LeaseChanges, leases);
            await subscriber.UnsubscribeAsync(RedisKeys.DirectiveIssues, directives);
        }
    }
}
