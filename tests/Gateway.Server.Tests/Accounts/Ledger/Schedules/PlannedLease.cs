using System.Numerics;
using Gateway.Domain.Identity;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>From which instant on a rate holds, in Unix milliseconds, and when that was said.</summary>
internal sealed record PlannedPrice(long At, long SaidAt, long Rate);

/// <summary>A report as it came in.</summary>
internal sealed record Arrival(long At, bool Runs, bool IsAfterClose);

/// <summary>A lease as its scheduler remembers it: what it did, what it said of that, and what became of what it said. Nothing of the gateway's.</summary>
/// <param name="shares">Parts per million of each payee; the first one owns what is left of a split.</param>
internal sealed class PlannedLease(string id, AccountKey account, long openedAt, long rate, long pausedRate, IReadOnlyList<(Address Payee, uint Share)> shares)
{
    /// <summary>A gateway that refuses a report knows so many newer ones at least (decision 15).</summary>
    private const int KeptReports = 48;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, bool> _runsSince = [];
    private readonly List<PlannedPrice> _prices = [new PlannedPrice(openedAt, openedAt, rate)];
    private readonly List<Arrival> _arrivals = [];

    public string Id => id;

    public AccountKey Account => account;

    /// <summary>Unix milliseconds, like every instant here.</summary>
    public long OpenedAt => openedAt;

    public long PausedRate => pausedRate;

    public long FirstRate => rate;

    public IReadOnlyList<(Address Payee, uint Share)> Shares => shares;

    /// <summary>It starts and stops several times a second.</summary>
    public bool IsBusy { get; init; }

    public long? EndedAt { get; private set; }

    public long? CloseSaidAt { get; private set; }

    /// <summary>The gateway has taken the close.</summary>
    public bool IsCloseTaken { get; set; }

    public bool WasIsolated { get; set; }

    public bool IsIsolated { get; set; }

    /// <summary>Its VM may run, as far as its scheduler was ever told.</summary>
    public bool MayRun { get; set; }

    /// <summary>Requests go one after the other, as they were made: the open, changes of price, the close.</summary>
    public Task Requests { get; set; } = Task.CompletedTask;

    public bool Runs
    {
        get
        {
            lock (_lock)
                return _runsSince.Count > 0 && _runsSince.Last().Value;
        }
    }

    public long LastTold
    {
        get
        {
            lock (_lock)
                return _runsSince.Count == 0 ? openedAt : _runsSince.Last().Key;
        }
    }

    public IReadOnlyList<PlannedPrice> Prices => _prices;

    public IReadOnlyList<(long At, bool Runs)> Told
    {
        get
        {
            lock (_lock)
                return [.. _runsSince.Select(t => (t.Key, t.Value))];
        }
    }

    public IReadOnlyList<Arrival> Arrivals
    {
        get
        {
            lock (_lock)
                return [.. _arrivals];
        }
    }

    /// <summary>Reports that were too late for the meter, and were refused.</summary>
    public int Refusals { get; private set; }

    /// <summary>False: something was told of that millisecond already.</summary>
    public bool Tell(long at, bool runs)
    {
        lock (_lock)
            return _runsSince.TryAdd(at, runs);
    }

    /// <summary>What holds from then on, whatever was said of later before.</summary>
    public void Price(long at, long saidAt, long newRate) => _prices.Add(new PlannedPrice(at, saidAt, newRate));

    public void End(long at, long saidAt) => (EndedAt, CloseSaidAt) = (at, saidAt);

    public void Arrived(long at, bool runs)
    {
        lock (_lock)
            _arrivals.Add(new Arrival(at, runs, IsCloseTaken));
    }

    /// <summary>What the gateway did not take is not so. It may refuse only what many newer reports have settled, and nothing that it took before.</summary>
    public void Refused(long at)
    {
        lock (_lock)
        {
            if (_arrivals.Exists(a => a.At == at) || _runsSince.Count(t => t.Key > at) < KeptReports)
                throw new InvalidOperationException($"A report of {id} at {at} was refused without a reason.");
            _runsSince.Remove(at);
            Refusals++;
        }
    }

    /// <summary>Thousandths of a wei.</summary>
    public BigInteger Used() => PlannedUse.Of(this, static r => r);

    /// <summary>What of the used wei is whose: whole wei of each leg, and the rest the first one's.</summary>
    public IReadOnlyDictionary<Address, BigInteger> Parts()
    {
        var parts = shares.Skip(1).ToDictionary(s => s.Payee, s => PlannedUse.Of(this, r => r * s.Share / 1_000_000) / 1000);
        parts.Add(shares[0].Payee, (Used() / 1000) - parts.Values.Aggregate(BigInteger.Zero, (sum, p) => sum + p));
        return parts;
    }
}
