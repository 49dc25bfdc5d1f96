using System.Collections.Concurrent;

namespace Gateway.Server.Resilience;

/// <summary>Dependencies that only some configurations have: sources of prices, a payee directory. Each enters itself when it is made.</summary>
internal sealed class DependencyRegistry
{
    private readonly ConcurrentDictionary<string, Func<DependencyState>> _all = new(StringComparer.Ordinal);

    /// <param name="name">As in "prices:ALEPH".</param>
    public void Add(string name, Func<DependencyState> state) => _all[name] = state;

    public IEnumerable<DependencyState> Snapshot() => _all.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => d.Value());
}
