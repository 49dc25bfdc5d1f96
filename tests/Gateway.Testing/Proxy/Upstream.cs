using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Gateway.Testing.Proxy;

/// <summary>The node behind a proxy: calls go there as they are, and its answers come back as they are.</summary>
internal sealed class Upstream(Uri url) : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient _http = new(new SocketsHttpHandler { ActivityHeadersPropagator = null }, disposeHandler: true);

    public async Task<Reply> AskAsync(RpcRequest request)
    {
        var call = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = request.Method, ["params"] = request.Parameters.DeepClone() };
        using var content = new StringContent(call.ToJsonString(), Json);
        using var response = await _http.PostAsync(url, content, request.Gone);
        var answer = (await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync(request.Gone), cancellationToken: request.Gone))!;
        return answer["error"] is { } error
            ? new Reply.Error((long)error["code"]!, (string)error["message"]!, error["data"])
            : new Reply.Result(answer["result"]);
    }

    public void Dispose() => _http.Dispose();
}
