using StackExchange.Redis;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>A key as it was, to be put back: also where a server knows no DUMP of its type.</summary>
internal sealed record KeyCopy(RedisKey Key, RedisValue? Text, HashEntry[] Fields, RedisValue[] Items, SortedSetEntry[] Members)
{
    public static async Task<KeyCopy> OfAsync(IDatabase database, RedisKey key)
    {
        var copy = new KeyCopy(key, Text: null, [], [], []);
        return await database.KeyTypeAsync(key) switch
        {
            RedisType.String => copy with { Text = await database.StringGetAsync(key) },
            RedisType.Hash => copy with { Fields = await database.HashGetAllAsync(key) },
            RedisType.List => copy with { Items = await database.ListRangeAsync(key) },
            RedisType.SortedSet => copy with { Members = await database.SortedSetRangeByRankWithScoresAsync(key) },
            var other => throw new NotSupportedException($"{key} is a {other}."),
        };
    }

    public async Task PutBackAsync(IDatabase database)
    {
        await database.KeyDeleteAsync(Key);
        if (Text is { } text)
            await database.StringSetAsync(Key, text);
        if (Fields.Length > 0)
            await database.HashSetAsync(Key, Fields);
        if (Items.Length > 0)
            await database.ListRightPushAsync(Key, Items);
        if (Members.Length > 0)
            await database.SortedSetAddAsync(Key, Members);
    }
}
