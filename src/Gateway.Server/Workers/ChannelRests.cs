using System.Threading.Channels;

namespace Gateway.Server.Workers;

internal static class ChannelRests
{
    /// <summary>A rest of a loop that works off a channel: until there is something, or this time is over.</summary>
    public static async Task WaitAtMostAsync<T>(this ChannelReader<T> reader, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        try
        {
            await reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing came.
        }
    }
}
