using System.Globalization;
using Gateway.Server.Storage;

namespace Gateway.Server.Pricing.Usd;

/// <summary>Somebody has looked at what tokens are worth: for a minute every replica believes what its sources say, however far it is from what they said last.</summary>
/// <remarks>No longer: nobody has looked at what a source says hours later, when it answers again.</remarks>
internal sealed class UsdBelief(RedisConnection redis, TimeProvider time)
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    /// <remarks>Rounded up: what was asked in that very millisecond was asked before.</remarks>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public Task BeginAsync(CancellationToken cancellationToken) => redis.ReadAsync(
        "SET", database => database.StringSetAsync(RedisKeys.WorthsBelieved, time.GetUtcNow().ToUnixTimeMilliseconds() + 1, Life), cancellationToken);

    /// <returns>Since when; null where nobody has looked, or the store does not say so.</returns>
    public async Task<DateTimeOffset?> SinceAsync(CancellationToken cancellationToken)
    {
        try
        {
            var stored = await redis.ReadAsync("GET", database => database.StringGetAsync(RedisKeys.WorthsBelieved), cancellationToken);
            if (!long.TryParse(stored.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
                return null;
            var since = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
            return time.GetUtcNow() - since < Life ? since : null;
        }
        catch (StoreUnavailableException)
        {
            return null; // Prices that did not jump need no belief.
        }
    }
}
