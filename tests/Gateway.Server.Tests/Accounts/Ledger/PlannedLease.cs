using System.Numerics;
using Gateway.Domain.Identity;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>A lease as its scheduler remembers it, and what it used by arithmetic of its own: millisecond by millisecond, nothing of the gateway's.</summary>
internal sealed class PlannedLease(string id, AccountKey account, long openedAt, long rate, long pausedRate)
{
    private readonly SortedDictionary<long, bool> _runsSince = [];
    private readonly List<(long At, long Rate)> _rates = [(openedAt, rate)];

    public string Id => id;

    public AccountKey Account => account;

    public long OpenedAt => openedAt;

    /// <summary>Unix milliseconds.</summary>
    public long? EndedAt { get; set; }

    public bool WasIsolated { get; set; }

    public bool IsIsolated { get; set; }

    public bool Runs => _runsSince.Count > 0 && _runsSince.Last().Value;

    public IReadOnlyDictionary<long, bool> Told => _runsSince;

    public long LastTold => _runsSince.Count == 0 ? openedAt : _runsSince.Last().Key;

    /// <summary>False: something was told of that millisecond already.</summary>
    public bool Tell(long at, bool runs) => _runsSince.TryAdd(at, runs);

    /// <summary>What holds from then on, whatever was said of later before.</summary>
    public void Price(long at, long newRate) => _rates.Add((at, newRate));

    /// <summary>Thousandths of a wei.</summary>
    public BigInteger Used()
    {
        var end = EndedAt ?? throw new InvalidOperationException("It has not ended.");
        long[] borders = [.. _runsSince.Keys.Concat(_rates.Select(r => r.At)).Append(openedAt).Append(end).Where(t => t >= openedAt && t <= end).Distinct().Order()];
        return borders.Zip(borders.Skip(1)).Aggregate(BigInteger.Zero, (sum, span) => sum + (BigInteger.One * RateAt(span.First) * (span.Second - span.First)));
    }

    private long RateAt(long at)
    {
        var told = _runsSince.Where(t => t.Key <= at).ToList();
        if (told.Count == 0)
            return 0;
        return told[^1].Value ? _rates.Last(r => r.At <= at).Rate : pausedRate;
    }
}
