using Gateway.Domain.Identity;

namespace Gateway.Server.Resilience;

/// <summary>In which order endpoints are asked: those that have the block, then those that may have it, then those that lag, then those in trouble.</summary>
internal static class ReadRoute
{
    /// <summary>An endpoint further behind the best one is asked only when all others failed.</summary>
    public const ulong MostBehind = 5;

    private enum Rank
    {
        Has = 0,
        MayHave = 1,
        Lags = 2,
        InTrouble = 3,
    }

    /// <summary>All of them: what is known may be wrong, and an open breaker closes again only by being asked.</summary>
    /// <param name="at">The block that the read names; null where it names none.</param>
    public static IReadOnlyList<RpcEndpoint> Order(IReadOnlyList<RpcEndpoint> endpoints, BlockNumber? at)
    {
        var best = endpoints.Where(e => e.IsHealthy).Max(e => e.Head);
        // Stable: among equals the configured order decides.
        return [.. endpoints.Select(e => (Endpoint: e, Rank: RankOf(e, at, best))).OrderBy(e => e.Rank).ThenByDescending(HeightWhereItMatters).Select(e => e.Endpoint)];
    }

    private static Rank RankOf(RpcEndpoint endpoint, BlockNumber? at, BlockNumber? best)
    {
        if (!endpoint.IsHealthy)
            return Rank.InTrouble;
        if (endpoint.Head is not { } head)
            return Rank.MayHave;
        if (best is { } highest && head.Plus(MostBehind) < highest)
            return Rank.Lags;
        return at is not { } block || head >= block ? Rank.Has : Rank.MayHave;
    }

    private static ulong HeightWhereItMatters((RpcEndpoint Endpoint, Rank Rank) candidate) => candidate.Rank switch
    {
        Rank.Has or Rank.InTrouble => 0,
        _ => candidate.Endpoint.Head?.Value ?? 0,
    };
}
