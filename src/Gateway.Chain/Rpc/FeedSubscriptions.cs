using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Rpc;

/// <summary>The subscriptions of one connection, and the proof that it still tells everything.</summary>
internal sealed class FeedSubscriptions(FeedSetup setup, TimeProvider time, ChannelWriter<ChainHint> hints, SocketSession session)
{
    /// <summary>Signs of life that show newer blocks than the subscription told, one after the other, until the subscription is given up.</summary>
    private const int MostUntold = 2;

    private readonly JsonQuantities _read = new(new RpcOrigin(setup.Url.Authority, "eth_subscribe"));
    private readonly HashSet<string> _logs = new(StringComparer.Ordinal);

    private string _heads = "";
    private BlockNumber? _lastHead;
    private int _untold;

    /// <exception cref="SocketLostException">Another chain, a refusal, or no answer in time.</exception>
    public async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        var chain = await AskAsync("eth_chainId", [], _read.Small, cancellationToken);
        if (chain != setup.ChainId.Value)
            throw new SocketLostException($"it is on chain {chain}, not on {setup.ChainId}");
        _heads = await AskAsync("eth_subscribe", ["newHeads"], _read.Text, cancellationToken);
        foreach (var filter in setup.Logs)
        {
            var json = LogFilterJson.Of(filter with { BlockHash = null, From = null, To = null });
            _logs.Add(await AskAsync("eth_subscribe", ["logs", json], _read.Text, cancellationToken));
        }
    }

    /// <summary>Passes hints on until the connection ends, or can no longer be trusted to tell everything.</summary>
    /// <exception cref="SocketLostException">Always, sooner or later.</exception>
    public async Task<string> ListenAsync(CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        long? heartbeat = null;
        var receiving = session.ReceiveAsync(cancellationToken);
        while (true)
        {
            var patience = (heartbeat is null ? setup.Socket.Silence : setup.Socket.AnswerTimeout) - time.GetElapsedTime(since);
            if (!receiving.IsCompleted && patience > TimeSpan.Zero)
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(receiving, Task.Delay(patience, time, enough.Token));
                await enough.CancelAsync();
            }

            if (receiving.IsCompleted)
            {
                var message = SocketMessage.Read(await receiving);
                receiving = session.ReceiveAsync(cancellationToken);
                // Noise is no sign of life: only what answers us or is of our subscriptions proves that they still stand.
                if (Take(message, heartbeat))
                    (since, heartbeat) = (time.GetTimestamp(), null);
            }
            else if (heartbeat is null)
            {
                heartbeat = await session.SendAsync("eth_blockNumber", [], cancellationToken);
                since = time.GetTimestamp();
            }
            else
            {
                throw new SocketLostException($"no sign of life for {setup.Socket.AnswerTimeout.TotalSeconds} s after asking for one");
            }
        }
    }

    /// <returns>Whether it was meant for us.</returns>
    private bool Take(SocketMessage message, long? heartbeat)
    {
        try
        {
            switch (message)
            {
                case SocketMessage.Notification n when string.Equals(n.Subscription, _heads, StringComparison.Ordinal):
                    TakeHead(_read.Height(_read.Member(n.Result, "number")));
                    return true;
                case SocketMessage.Notification n when _logs.Contains(n.Subscription):
                    hints.TryWrite(new ChainHint.NewLog(_read.Log(n.Result)));
                    return true;
                case SocketMessage.Answer answer when answer.Id == heartbeat:
                    if (answer.Result is { } number)
                        TakeHeartbeat(_read.Height(number));
                    return true;
                default:
                    return false;
            }
        }
        catch (RpcFailedException)
        {
            return false; // Addressed to us, and still of no form we know: noise.
        }
    }

    private void TakeHead(BlockNumber number)
    {
        (_lastHead, _untold) = (number, 0);
        hints.TryWrite(new ChainHint.NewHead(number));
    }

    // A socket can stay alive while its subscription has died (blockscout #1326): then only the answers to our questions show new blocks.
    private void TakeHeartbeat(BlockNumber number)
    {
        if (_lastHead is { } told && number <= told)
            return;
        _untold = _lastHead is null ? 0 : _untold + 1;
        _lastHead = number;
        hints.TryWrite(new ChainHint.NewHead(number));
        if (_untold >= MostUntold)
            throw new SocketLostException("the subscription no longer tells of new blocks");
    }

    private async Task<T> AskAsync<T>(string method, JsonArray parameters, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(setup.Socket.AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var id = await session.SendAsync(method, parameters, either.Token);
            while (true)
            {
                // What comes in between is from before "subscribed", and the reader will look back anyway.
                if (SocketMessage.Read(await session.ReceiveAsync(either.Token)) is SocketMessage.Answer answer && answer.Id == id)
                    return answer.Result is { } result ? read(result) : throw new SocketLostException($"{method} was refused: {answer.Error}");
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketLostException($"no answer to {method} in time", e);
        }
        catch (RpcFailedException e)
        {
            throw new SocketLostException(e.Message, e);
        }
    }
}
