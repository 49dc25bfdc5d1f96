using Gateway.Server.Storage;

namespace Gateway.Server.Directives;

/// <summary>When one watcher is to get the directives again on which no report has come.</summary>
/// <remarks>What another watcher, or none, was handed is measured from its issue: a scheduler that comes back with a cursor finds it overdue.</remarks>
internal sealed class Redelivery(TimeSpan after, TimeProvider time)
{
    private readonly Dictionary<DirectiveId, DateTimeOffset> _sentAt = [];
    private readonly HashSet<DirectiveId> _waiting = [];
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>How long until it is worth while to look at what waits; zero: now.</summary>
    public TimeSpan Rest
    {
        get
        {
            var now = time.GetUtcNow();
            return _next > now ? _next - now : TimeSpan.Zero;
        }
    }

    public void Sent(DirectiveId directive)
    {
        var now = time.GetUtcNow();
        _sentAt[directive] = now;
        LookBy(now + after);
    }

    /// <summary>Begins a look at all that waits; <see cref="IsDue"/> is then asked about each.</summary>
    public void Begin()
    {
        _waiting.Clear();
        _next = time.GetUtcNow() + after;
    }

    public bool IsDue(StoredDirective waiting)
    {
        _waiting.Add(waiting.Id);
        var due = (_sentAt.TryGetValue(waiting.Id, out var sent) ? sent : waiting.IssuedAt) + after;
        if (due <= time.GetUtcNow())
            return true;
        LookBy(due);
        return false;
    }

    /// <summary>Ends the look: what was reported meanwhile is forgotten.</summary>
    public void End()
    {
        foreach (var reported in _sentAt.Keys.Where(id => !_waiting.Contains(id)).ToList())
            _sentAt.Remove(reported);
    }

    private void LookBy(DateTimeOffset at)
    {
        if (at < _next)
            _next = at;
    }
}
