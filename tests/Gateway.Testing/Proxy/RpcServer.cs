using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Testing.Proxy;

/// <summary>A real server on loopback that speaks JSON-RPC over HTTP, and over WebSockets where somebody serves them.</summary>
internal sealed class RpcServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Uri _address;

    private RpcServer(WebApplication application)
    {
        _application = application;
        _address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <param name="path">As some providers have it: a path that is a key.</param>
    public static async Task<RpcServer> StartAsync(string path, RpcHandler handler, (string Path, Func<HttpContext, Task> Serve) sockets)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        application.UseWebSockets();
        application.Map(sockets.Path, (RequestDelegate)(context => sockets.Serve(context)));
        application.MapPost(path, (RequestDelegate)(context => ServeAsync(context, handler)));
        await application.StartAsync();
        return new RpcServer(application);
    }

    public Uri Http(string path) => new(_address, path);

    public Uri Socket(string path) => new UriBuilder(new Uri(_address, path)) { Scheme = "ws" }.Uri;

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static async Task ServeAsync(HttpContext context, RpcHandler handler)
    {
        try
        {
            var body = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            var calls = body is JsonArray batch ? batch.ToList() : [body];
            var requests = calls.ConvertAll(call => RpcRequest.Read(call!, context.RequestAborted));
            var replies = await Task.WhenAll(requests.Select(r => handler(r)));
            if (replies.OfType<Reply.Whole>().FirstOrDefault() is { } whole)
                await whole.Write(context);
            else
                await AnswerAsync(context, [.. requests.Zip(replies, static (request, reply) => reply.Envelopes(request.Id)).SelectMany(e => e)], body is JsonArray);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // Whoever asked has given up.
        }
    }

    private static Task AnswerAsync(HttpContext context, List<JsonNode> envelopes, bool isBatch)
    {
        context.Response.ContentType = "application/json";
        var text = isBatch || envelopes.Count != 1 ? JsonSerializer.Serialize(envelopes) : envelopes[0].ToJsonString();
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
