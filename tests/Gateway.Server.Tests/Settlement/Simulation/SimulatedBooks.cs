using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.History;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>The accounts' shards in memory: compare and set of a whole book, marks, deadlines, what schedulers must still be told.</summary>
internal sealed class SimulatedBooks
{
    private readonly Dictionary<AccountKey, AccountBook> _books = Cast.Accounts.ToDictionary(a => a, AccountBook.Empty);
    private readonly SortedDictionary<int, FlowMark> _marks = [];

    public SortedDictionary<LeaseId, (AccountKey Account, Execution Execution)> Pending { get; } = [];

    public Dictionary<AccountKey, DateTimeOffset> Deadlines { get; } = [];

    public Dictionary<LeaseId, Lease> Ended { get; } = [];

    /// <summary>Every rate that was ever wanted of a flow, with its generation: what schedulers were told is accepted.</summary>
    public Action<FlowMark> Wanted { get; set; } = _ => { };

    /// <summary>What schedulers were told, and what was acknowledged.</summary>
    public ExchangeRecorder Exchanges { get; } = new();

    public IReadOnlyList<FlowMark> Marks => [.. _marks.Values];

    public AccountBook Load(AccountKey account) => _books[account];

    public bool IsMarked(FlowKey flow) => _marks.ContainsKey(Cast.IndexOf(flow));

    public void ClearMark(FlowKey flow, ulong generation)
    {
        if (_marks.TryGetValue(Cast.IndexOf(flow), out var mark) && mark.Generation == generation)
            _marks.Remove(Cast.IndexOf(flow));
    }

    /// <returns>False where somebody else was faster.</returns>
    public bool Commit(AccountBook before, Decision decision, DateTimeOffset? deadline)
    {
        var key = before.Account.Key;
        if (_books[key].Account.Version != before.Account.Version)
            return false;
        var after = decision.Book;
        foreach (var lease in after.Leases.Values.Where(l => !l.Equals(before.Leases.GetValueOrDefault(l.Id))))
            after = after.With(lease with { Version = lease.Version + 1 });
        foreach (var ended in after.Leases.Values.Where(l => l.IsEnded).ToList())
        {
            Ended[ended.Id] = ended;
            after = after with { Leases = after.Leases.Remove(ended.Id) };
        }

        _books[key] = after with { Account = after.Account with { Version = before.Account.Version + 1 } };
        foreach (var mark in decision.Effects.OfType<Effect.MarkFlow>().Select(m => new FlowMark(m.Flow, m.Desired, m.Generation, m.Urgency, m.TraceParent)))
        {
            _marks[Cast.IndexOf(mark.Flow)] = mark;
            Wanted(mark);
        }

        Exchanges.Committed(before, decision);
        foreach (var directive in decision.Effects.OfType<Effect.IssueDirective>())
            Pending[directive.Lease] = (key, directive.Execution);
        if (deadline is { } at)
            Deadlines[key] = at;
        else
            Deadlines.Remove(key);
        return true;
    }
}
