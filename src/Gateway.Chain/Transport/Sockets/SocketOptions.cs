namespace Gateway.Chain.Transport;

/// <summary>What one WebSocket may take, and how patient we are with it.</summary>
public sealed record SocketOptions
{
    /// <summary>A longer message ends the connection: a node must not be able to fill our memory.</summary>
    public int MaxMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>Hints that wait for their reader; beyond it the oldest are dropped, and the reader is told.</summary>
    public int MaxQueued { get; init; } = 256;

    /// <summary>After so long without a word the node is asked for one.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long connecting, and each answer, may take.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait before the first try to connect again; it doubles with each failure.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest wait of all. A connection that lived for longer than this starts the doubling anew.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);
}
