using System.Collections.Concurrent;

namespace Gateway.Testing.Proxy;

/// <summary>Which calls a node answers badly: the next ones of a method, all of them, or one in so many by a seeded die.</summary>
/// <remarks>A call meets at most one fault: what is scripted for the next calls, else what holds for all, else what the die says.</remarks>
internal sealed class FaultScript(int seed)
{
    /// <summary>Stands for every method.</summary>
    public const string Any = "*";

    private readonly Lock _lock = new();
    private readonly Random _die = new(seed);
    private readonly Dictionary<string, Queue<NodeFault>> _next = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeFault> _always = new(StringComparer.Ordinal);
    private readonly List<(string Method, int PerMille, NodeFault Fault)> _sometimes = [];
    private readonly ConcurrentDictionary<string, int> _struck = new(StringComparer.Ordinal);

    /// <summary>How many calls of a method met a fault.</summary>
    public int Struck(string method) => _struck.GetValueOrDefault(method);

    public int StruckInAll => _struck.Values.Sum();

    /// <summary>The next calls of a method, after those that were scripted before.</summary>
    public void Next(string method, NodeFault fault, int times = 1)
    {
        lock (_lock)
        {
            if (!_next.TryGetValue(method, out var queue))
                _next[method] = queue = new Queue<NodeFault>();
            for (var i = 0; i < times; i++)
                queue.Enqueue(fault);
        }
    }

    /// <summary>Every call of a method until <see cref="Clear"/>.</summary>
    public void Always(string method, NodeFault fault)
    {
        lock (_lock)
            _always[method] = fault;
    }

    /// <param name="perMille">Of 1000 calls about so many.</param>
    public void Sometimes(string method, int perMille, NodeFault fault)
    {
        lock (_lock)
            _sometimes.Add((method, perMille, fault));
    }

    /// <summary>The node is sane again.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _next.Clear();
            _always.Clear();
            _sometimes.Clear();
        }
    }

    public Task<Reply> AnswerAsync(RpcRequest request, RpcHandler next)
    {
        if (Take(request.Method) is not { } fault)
            return next(request);
        _struck.AddOrUpdate(request.Method, 1, static (_, count) => count + 1);
        return fault(request, next);
    }

    private NodeFault? Take(string method)
    {
        lock (_lock)
        {
            foreach (var name in (string[])[method, Any])
            {
                if (_next.TryGetValue(name, out var queue) && queue.TryDequeue(out var fault))
                    return fault;
            }

            if (_always.TryGetValue(method, out var always) || _always.TryGetValue(Any, out always))
                return always;
            foreach (var (name, perMille, fault) in _sometimes)
            {
                // The die is thrown for every call that it may strike, so that a seed means the same sequence.
                if ((name == method || name == Any) && _die.Next(1000) < perMille)
                    return fault;
            }

            return null;
        }
    }
}
