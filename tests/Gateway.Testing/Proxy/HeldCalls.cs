using System.Threading.Channels;

namespace Gateway.Testing.Proxy;

/// <summary>Calls that wait on their way, or whose answers do, until a test lets them go: late without a clock.</summary>
internal sealed class HeldCalls
{
    private readonly Channel<(RpcRequest Request, RpcHandler Next)> _waiting = Channel.CreateUnbounded<(RpcRequest, RpcHandler)>();
    private readonly Channel<bool> _arrived = Channel.CreateUnbounded<bool>();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The caller hears nothing; the call goes on its way with <see cref="DeliverAsync"/>.</summary>
    public NodeFault DeliveredLate => async (request, next) =>
    {
        _waiting.Writer.TryWrite((request with { Gone = CancellationToken.None }, next));
        return await NodeFaults.Silence(Arrived(request), next);
    };

    /// <summary>The call arrives; its answer waits for <see cref="Release"/>, if the caller does.</summary>
    public NodeFault AnsweredLate => async (request, next) =>
    {
        var reply = await next(request);
        await _released.Task.WaitAsync(Arrived(request).Gone);
        return reply;
    };

    /// <summary>Returns when a call has come that had not before the last call.</summary>
    public async Task ArrivedAsync(CancellationToken cancellationToken) => await _arrived.Reader.ReadAsync(cancellationToken);

    /// <summary>Lets those calls that wait arrive now, in their order.</summary>
    /// <returns>What the node says to each; nobody hears it.</returns>
    public async Task<IReadOnlyList<Reply>> DeliverAsync()
    {
        List<Reply> replies = [];
        while (_waiting.Reader.TryRead(out var call))
            replies.Add(await call.Next(call.Request));
        return replies;
    }

    public void Release() => _released.TrySetResult();

    private RpcRequest Arrived(RpcRequest request)
    {
        _arrived.Writer.TryWrite(true);
        return request;
    }
}
