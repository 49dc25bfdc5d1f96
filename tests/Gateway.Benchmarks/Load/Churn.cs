using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Load;

/// <param name="Payers">Customers.</param>
/// <param name="Nodes">Node operators, shared by all customers.</param>
/// <param name="NodesPerPayer">On how many of them one customer has his VMs.</param>
/// <param name="LeasesPerPayer">VMs of one customer.</param>
internal sealed record ChurnShape(IReadOnlyList<Address> Payers, IReadOnlyList<Address> Nodes, int NodesPerPayer, int LeasesPerPayer);

/// <summary>Makes bursts of changes from a seed: the same seed, the same changes. Arrivals are a Poisson process.</summary>
/// <param name="prefix">Of lease ids: short, so that the journal on chain can name all leases of a flow.</param>
internal sealed class Churn(ChurnShape shape, int seed, string prefix)
{
    // Of the closest peer's price list (incidents.md §4.2): one compute unit an hour.
    private const long OneUnit = 15_277_777_777_777;
    private const int MostUnits = 8;

    private readonly Random _random = new(seed);
    private readonly List<(string Lease, int Payer, Address Node)> _running = [];
    private readonly Dictionary<string, FlowRate> _rates = new(StringComparer.Ordinal);
    private int _leases;
    private int _changes;

    /// <summary>Every customer opens all his VMs.</summary>
    public IReadOnlyList<VmChange> Open(double perSecond) =>
        Arriving(perSecond, [.. Shuffled(Enumerable.Range(0, shape.Payers.Count * shape.LeasesPerPayer)).Select(i => NewLease(i % shape.Payers.Count))]);

    /// <summary>80 % resizes, 10 % opens, 10 % closes, of VMs drawn at random.</summary>
    public IReadOnlyList<VmChange> Mixed(int count, double perSecond) => Arriving(perSecond, [.. Enumerable.Range(0, count).Select(_ => Any())]);

    /// <summary>Every other customer has all his VMs replaced: each closed, and opened anew on the same node at the same price.</summary>
    public IReadOnlyList<VmChange> Redeploy(double perSecond)
    {
        var replaced = _running.Where(r => r.Payer % 2 == 0).ToList();
        return Arriving(perSecond, [.. Shuffled(Enumerable.Range(0, replaced.Count)).SelectMany(i => Replace(replaced[i]))]);
    }

    /// <summary>Whatever runs is closed.</summary>
    public IReadOnlyList<VmChange> CloseAll(double perSecond) =>
        Arriving(perSecond, [.. Shuffled(Enumerable.Range(0, _running.Count)).Select(i => _running[i]).ToList().Select(CloseOf)]);

    private Func<TimeSpan, VmChange> Any() => _random.Next(10) switch
    {
        0 => NewLease(_random.Next(shape.Payers.Count)),
        1 when _running.Count > 0 => CloseOf(_running[_random.Next(_running.Count)]),
        _ when _running.Count > 0 => Resize(_running[_random.Next(_running.Count)]),
        _ => NewLease(_random.Next(shape.Payers.Count)),
    };

    private Func<TimeSpan, VmChange> NewLease(int payer) => NewLease(
        payer, shape.Nodes[((payer * shape.NodesPerPayer) + _random.Next(shape.NodesPerPayer)) % shape.Nodes.Count], AnyRate());

    private Func<TimeSpan, VmChange> NewLease(int payer, Address node, FlowRate rate)
    {
        var lease = (Lease: $"{prefix}{_leases++}", payer, node);
        _running.Add(lease);
        return Change(ChangeKind.Open, lease, rate);
    }

    private IEnumerable<Func<TimeSpan, VmChange>> Replace((string Lease, int Payer, Address Node) lease) =>
        [CloseOf(lease), NewLease(lease.Payer, lease.Node, _rates[lease.Lease])];

    private Func<TimeSpan, VmChange> Resize((string Lease, int Payer, Address Node) lease) => Change(ChangeKind.Resize, lease, AnyRate());

    private Func<TimeSpan, VmChange> CloseOf((string Lease, int Payer, Address Node) lease)
    {
        _running.Remove(lease);
        return Change(ChangeKind.Close, lease, FlowRate.Zero);
    }

    private Func<TimeSpan, VmChange> Change(ChangeKind kind, (string Lease, int Payer, Address Node) lease, FlowRate rate)
    {
        var number = _changes++;
        _rates[lease.Lease] = rate.IsZero ? _rates[lease.Lease] : rate;
        return due => new VmChange(number, due, kind, lease.Lease, shape.Payers[lease.Payer], lease.Node, rate);
    }

    /// <summary>No two are alike, so that a rate on chain names the change that made it.</summary>
    private FlowRate AnyRate() => FlowRate.FromWeiPerSecond(((Int128)OneUnit * (1 + _random.Next(MostUnits))) + (_changes * 1000));

    private List<VmChange> Arriving(double perSecond, IReadOnlyList<Func<TimeSpan, VmChange>> changes)
    {
        var due = TimeSpan.Zero;
        var arriving = new List<VmChange>(changes.Count);
        foreach (var change in changes)
        {
            due += TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) / perSecond);
            arriving.Add(change(due));
        }

        return arriving;
    }

    private int[] Shuffled(IEnumerable<int> numbers)
    {
        var all = numbers.ToArray();
        _random.Shuffle(all);
        return all;
    }
}
