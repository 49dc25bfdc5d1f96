using Gateway.Domain.Identity;

namespace Gateway.Server.Resilience;

/// <summary>Whether an endpoint has the same blocks as the others. One that does not, several times in a row, is kept out of reads for a while.</summary>
/// <remarks>An accepted block of Avalanche is never another one. Once may be a node that is being changed behind its name.</remarks>
internal sealed class EndpointTrust(TimeProvider time)
{
    /// <summary>Contradictions in a row.</summary>
    public const int MostContradictions = 3;

    /// <summary>After the last contradiction.</summary>
    public static readonly TimeSpan Quarantine = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();

    private int _inARow;
    private (BlockNumber At, DateTimeOffset Since, DateTimeOffset Until)? _apart;

    /// <summary>The newest block of which it had another one, and since when it is kept apart; null: it is trusted.</summary>
    public (BlockNumber At, DateTimeOffset Since)? Apart
    {
        get
        {
            lock (_lock)
                return _apart is { } apart && apart.Until > time.GetUtcNow() ? (apart.At, apart.Since) : null;
        }
    }

    public void Agreed()
    {
        lock (_lock)
            _inARow = 0;
    }

    /// <returns>True where it is kept apart from now on.</returns>
    public bool Contradicted(BlockNumber at)
    {
        lock (_lock)
        {
            if (++_inARow < MostContradictions)
                return false;
            var now = time.GetUtcNow();
            var wasApart = _apart is { } before && before.Until > now;
            _apart = (at, wasApart ? _apart!.Value.Since : now, now + Quarantine); // Set, see the line before.
            return !wasApart;
        }
    }
}
