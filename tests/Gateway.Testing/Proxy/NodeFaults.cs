using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Microsoft.AspNetCore.Http;

namespace Gateway.Testing.Proxy;

/// <summary>How nodes, and what stands in front of them, answer badly (chain-and-transactions.md §3.1). Lies about what a node knows are in <see cref="NodeLies"/>.</summary>
internal static class NodeFaults
{
    /// <summary>The call arrives, its answer never does.</summary>
    public static NodeFault AcceptThenSilence { get; } = async (request, next) =>
    {
        await next(request);
        return await NeverAsync(request);
    };

    /// <summary>The call does not arrive, and that is not said.</summary>
    public static NodeFault Silence { get; } = (request, _) => NeverAsync(request);

    /// <summary>The call does not arrive: the connection is reset.</summary>
    public static NodeFault Reset { get; } = (_, _) => Whole(context =>
    {
        context.Abort();
        return Task.CompletedTask;
    });

    /// <summary>The call arrives, and then the connection is reset.</summary>
    public static NodeFault AcceptThenReset { get; } = async (request, next) =>
    {
        await next(request);
        return await Reset(request, next);
    };

    /// <summary>The node says that it has taken the transaction, and passes it on to nobody.</summary>
    public static NodeFault AcceptedAndForgotten { get; } = (request, _) =>
        Task.FromResult<Reply>(new Reply.Result(Hash32.FromBytes(Keccak.Hash(Convert.FromHexString(request.Text(0).AsSpan(2)))).ToString()));

    /// <summary>As proxies say that nobody stands behind them.</summary>
    public static NodeFault BadGateway { get; } = (_, _) => Whole(async context =>
    {
        context.Response.StatusCode = StatusCodes.Status502BadGateway;
        context.Response.ContentType = "text/html";
        await context.Response.WriteAsync("<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>");
    });

    /// <summary>As web servers have it where nothing is.</summary>
    public static NodeFault NotFound { get; } = (_, _) => Whole(context =>
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });

    /// <summary>All is well, and there is nothing in it.</summary>
    public static NodeFault EmptyBody { get; } = (_, _) => Whole(_ => Task.CompletedTask);

    /// <summary>All is well, and it is for people.</summary>
    public static NodeFault Page { get; } = (_, _) => Whole(async context =>
    {
        context.Response.ContentType = "text/html";
        await context.Response.WriteAsync("<html><body>We will be back soon.</body></html>");
    });

    /// <summary>The call arrives; half of its answer comes back.</summary>
    public static NodeFault Truncated { get; } = async (request, next) =>
    {
        var text = Text(request, await next(request));
        return await Whole(context => context.Response.WriteAsync(text[..(text.Length / 2)]));
    };

    /// <summary>The call arrives; its answer begins, and does not go on.</summary>
    public static NodeFault SlowLoris { get; } = async (request, next) =>
    {
        var text = Text(request, await next(request));
        return await Whole(async context =>
        {
            await context.Response.WriteAsync(text[..(text.Length / 2)]);
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
    };

    /// <summary>The call arrives; its answer is addressed to another one.</summary>
    public static NodeFault WrongId { get; } = async (request, next) => new Reply.Misaddressed(await next(request));

    /// <summary>The call arrives, and is answered twice.</summary>
    public static NodeFault Doubled { get; } = async (request, next) => new Reply.Doubled(await next(request));

    /// <summary>429.</summary>
    /// <param name="rest">For how long it wants to be left alone, in whole seconds; null: it does not say.</param>
    public static NodeFault TooManyRequests(TimeSpan? rest = null) => (_, _) => Whole(context =>
    {
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        if (rest is { } wanted)
            context.Response.Headers.RetryAfter = ((long)wanted.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Task.CompletedTask;
    });

    /// <summary>The call does not arrive; the node says why.</summary>
    public static NodeFault Refuse(long code, string message) => (_, _) => Task.FromResult<Reply>(new Reply.Error(code, message));

    /// <summary>The call arrives, and the node says that it does not want it.</summary>
    public static NodeFault AcceptThenRefuse(long code, string message) => async (request, next) =>
    {
        await next(request);
        return new Reply.Error(code, message);
    };

    private static Task<Reply> Whole(Func<HttpContext, Task> write) => Task.FromResult<Reply>(new Reply.Whole(write));

    private static async Task<Reply> NeverAsync(RpcRequest request)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, request.Gone);
        throw new System.Diagnostics.UnreachableException();
    }

    private static string Text(RpcRequest request, Reply reply) =>
        new StringBuilder().AppendJoin(',', reply.Envelopes(request.Id).Select(static (JsonNode e) => e.ToJsonString())).ToString();
}
