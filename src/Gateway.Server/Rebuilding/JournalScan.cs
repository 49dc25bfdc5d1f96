using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Watching;

namespace Gateway.Server.Rebuilding;

/// <summary>Our newest operation on one flow.</summary>
internal sealed record OwnOperation(FlowKey Flow, FlowRate Rate, ImmutableArray<byte> UserData, BlockNumber Block);

/// <summary>What was read of one range.</summary>
/// <param name="Witnesses">How many of those whose word counts told of it.</param>
/// <param name="IsDisputed">Endpoints told different things.</param>
internal sealed record JournalPart(ImmutableArray<OwnOperation> Operations, int Witnesses, bool IsDisputed);

/// <summary>What was read of the journal so far. Executed blocks do not change: an endpoint that fails costs the range that it was asked for, not those before.</summary>
/// <remarks>The newest operation of each flow is kept, since rates are absolute: memory is bounded by flows, not by history.</remarks>
internal sealed class JournalScan(BlockNumber from)
{
    private readonly Dictionary<FlowKey, OwnOperation> _newest = [];
    private readonly HashSet<string> _trusted = [];

    public BlockNumber From { get; } = from;

    /// <summary>Everything before was read.</summary>
    public BlockNumber Next { get; private set; } = from;

    public LogRange Range { get; } = new();

    public IReadOnlyCollection<OwnOperation> Newest => _newest.Values;

    /// <summary>Of all ranges, by how many witnesses the least witnessed was told.</summary>
    public int Witnesses { get; private set; } = int.MaxValue;

    /// <summary>Whether endpoints told different things.</summary>
    public bool IsDisputed { get; private set; }

    /// <summary>Nothing was found, and one endpoint alone says so: there is no other.</summary>
    public bool IsEmptyByOne => _newest.Count == 0 && Witnesses < 2;

    /// <summary>Whether that endpoint has been there since the first block.</summary>
    public bool IsWitness(string endpoint) => _trusted.Contains(endpoint);

    public void Trust(IEnumerable<string> endpoints) => _trusted.UnionWith(endpoints);

    /// <param name="end">Inclusive.</param>
    public void Take(BlockNumber end, JournalPart part)
    {
        foreach (var operation in part.Operations)
            _newest[operation.Flow] = operation;
        Witnesses = Math.Min(Witnesses, part.Witnesses);
        IsDisputed |= part.IsDisputed;
        Range.Grow();
        Next = end.Plus(1);
    }

    /// <summary>Nothing of it is believed: it is read from its beginning.</summary>
    public void Restart()
    {
        _newest.Clear();
        (Next, Witnesses, IsDisputed) = (From, int.MaxValue, false);
    }
}
