using Gateway.Server.Settlement;

namespace Gateway.Server.Tests.Storage;

/// <summary>What a lane's scripts should answer, in memory.</summary>
internal sealed class LaneModel
{
    public const int Flows = 12;
    public const int MostOpen = 2;

    private readonly Dictionary<int, ulong> _generations = [];
    private readonly HashSet<ulong> _bound = [];
    private readonly List<string> _tokens = ["nobody|1"];

    private ulong _consumed = 10;
    private long _lastEpoch;

    public string? Leader { get; set; }

    /// <summary>The counter of epochs went back since the last term began: the next one may fall into the same millisecond.</summary>
    public bool IsRolledBack { get; set; }

    public int Closed { get; private set; }

    public int Fenced { get; private set; }

    public int Amended { get; private set; }

    public int NextHash { get; set; } = 1;

    public Dictionary<ulong, (HashSet<int> Flows, int Attempts)> Open { get; } = [];

    /// <summary>The one that a leader would take.</summary>
    public ulong NextNonce => Open.Count == 0 ? _consumed : Open.Keys.Max() + 1;

    public ulong Generation(int flow) => _generations.GetValueOrDefault(flow);

    public int Attempts(ulong nonce) => Open.TryGetValue(nonce, out var slot) ? slot.Attempts : 0;

    public ulong? InFlight(int flow) => Open.Where(s => s.Value.Flows.Contains(flow)).Select(s => (ulong?)s.Key).SingleOrDefault();

    public bool IsNewEpoch(long epoch) => epoch > _lastEpoch || (IsRolledBack && epoch == _lastEpoch);

    public void Lead(string token)
    {
        if (Leader is null)
        {
            _tokens.Add(token);
            _lastEpoch = LaneTest.EpochOf(token);
            IsRolledBack = false;
        }

        Leader = token;
    }

    /// <summary>Mostly the leader's; else one that was deposed.</summary>
    public string SomeToken(Random random) => Leader is not null && random.Next(4) > 0 ? Leader : _tokens[random.Next(_tokens.Count)];

    /// <summary>Mostly an open one.</summary>
    public ulong SomeNonce(Random random) => Open.Count > 0 && random.Next(8) > 0 ? Open.Keys.ElementAt(random.Next(Open.Count)) : NextNonce + (ulong)random.Next(2);

    public void Mark(int flow, ulong generation)
    {
        if (generation > Generation(flow))
            _generations[flow] = generation;
    }

    public ReserveAnswer Reserve(string token, ulong nonce, Dictionary<int, ulong> generations)
    {
        if (IsFenced(token))
            return ReserveAnswer.Fenced;
        if (_bound.Contains(nonce))
            return ReserveAnswer.NonceBound;
        if (Open.Count >= MostOpen)
            return ReserveAnswer.TooManyOpen;
        if (Open.Count > 0 && nonce != Open.Keys.Max() + 1)
            return ReserveAnswer.NotContiguous;
        foreach (var (flow, generation) in generations)
        {
            if (InFlight(flow) is not null)
                return ReserveAnswer.FlowBusy;
            // A flow that was never marked has no generation at all.
            if (!_generations.TryGetValue(flow, out var stored) || stored != generation)
                return ReserveAnswer.StaleGeneration;
        }

        _bound.Add(nonce);
        Open[nonce] = ([.. generations.Keys], 0);
        return ReserveAnswer.Reserved;
    }

    public AttemptAnswer Append(string token, ulong nonce, int index)
    {
        if (IsFenced(token))
            return AttemptAnswer.Fenced;
        if (!Open.TryGetValue(nonce, out var slot))
            return AttemptAnswer.NoSlot;
        if (slot.Attempts != index)
            return AttemptAnswer.Raced;
        Open[nonce] = slot with { Attempts = index + 1 };
        return AttemptAnswer.Written;
    }

    public AttemptAnswer Amend(string token, ulong nonce, int index, Dictionary<int, ulong> generations)
    {
        if (IsFenced(token))
            return AttemptAnswer.Fenced;
        if (!Open.TryGetValue(nonce, out var slot))
            return AttemptAnswer.NoSlot;
        if (slot.Attempts != index)
            return AttemptAnswer.Raced;
        if (generations.Any(g => InFlight(g.Key) is { } other && other != nonce || !_generations.TryGetValue(g.Key, out var stored) || stored != g.Value))
            return AttemptAnswer.Stale;
        Open[nonce] = ([.. generations.Keys], index + 1);
        Amended++;
        return AttemptAnswer.Written;
    }

    public bool Close(string token, ulong nonce)
    {
        if (IsFenced(token))
            return false;
        Open.Remove(nonce);
        _consumed = nonce + 1;
        Closed++;
        return true;
    }

    public bool Release(string token, ulong nonce)
    {
        if (IsFenced(token) || Open[nonce].Attempts > 0 || nonce != Open.Keys.Max())
            return false;
        Open.Remove(nonce);
        _bound.Remove(nonce);
        return true;
    }

    private bool IsFenced(string token)
    {
        if (string.Equals(token, Leader, StringComparison.Ordinal))
            return false;
        Fenced++;
        return true;
    }
}
