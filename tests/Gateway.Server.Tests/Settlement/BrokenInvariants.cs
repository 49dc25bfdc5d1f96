using Gateway.Server.Settlement;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Tests.Settlement;

/// <summary>Keeps what a process says of its own broken invariants.</summary>
internal sealed class BrokenInvariants : ILogger<Invariants>
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add(formatter(state, exception));
}
