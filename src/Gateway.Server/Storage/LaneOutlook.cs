using System.Collections.Immutable;
using Gateway.Domain.Accounts;

namespace Gateway.Server.Storage;

/// <summary>What the lane's leader says of how settlement stands, for every replica that looks at accounts. It lapses by itself where nobody repeats it.</summary>
internal sealed class LaneOutlook(RedisConnection redis, LaneKeys keys)
{
    /// <summary>How often the same is said again.</summary>
    public static readonly TimeSpan RepeatEvery = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Lapse = TimeSpan.FromSeconds(30);

    private const string StalledWord = "Stalled";

    public Task TellAsync(SettlementOutlook outlook, CancellationToken cancellationToken)
    {
        var words = outlook.Held.Order().Select(u => u.ToString()).Concat(outlook.IsStalled ? [StalledWord] : []);
        return redis.ReadAsync("SET", database => database.StringSetAsync(keys.Outlook, string.Join(',', words), Lapse), cancellationToken);
    }

    /// <returns>Where nobody has said anything, nothing is known to be wrong.</returns>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public async Task<SettlementOutlook> ReadAsync(CancellationToken cancellationToken)
    {
        var said = await redis.ReadAsync("GET", database => database.StringGetAsync(keys.Outlook), cancellationToken);
        if (said.IsNullOrEmpty)
            return SettlementOutlook.Clear;
        var words = said.ToString().Split(',');
        var held = words.Select(w => Enum.TryParse<Urgency>(w, out var urgency) ? urgency : Urgency.Unspecified).Where(u => u != Urgency.Unspecified);
        return new SettlementOutlook([.. held], words.Contains(StalledWord, StringComparer.Ordinal));
    }
}
