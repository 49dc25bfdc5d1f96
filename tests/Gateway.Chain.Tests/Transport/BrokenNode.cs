using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Chain.Tests.Transport;

/// <summary>A real HTTP server on the loopback that answers as a test tells it to.</summary>
internal sealed class BrokenNode : IAsyncDisposable
{
    private readonly WebApplication _application;

    private BrokenNode(WebApplication application) => _application = application;

    public Uri Url => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/rpc/secret-key");

    public static async Task<BrokenNode> StartAsync(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        application.MapPost("/rpc/secret-key", answer);
        await application.StartAsync();
        return new BrokenNode(application);
    }

    /// <summary>Answers with this text. "$id" stands for the id of the first request.</summary>
    public static Task<BrokenNode> SayingAsync(string body, int status = 200, string? retryAfter = null) => StartAsync(async context =>
    {
        using var reader = new StreamReader(context.Request.Body);
        var request = await reader.ReadToEndAsync();
        var id = System.Text.Json.JsonDocument.Parse(request).RootElement;
        id = (id.ValueKind == System.Text.Json.JsonValueKind.Array ? id[0] : id).GetProperty("id");
        context.Response.StatusCode = status;
        if (retryAfter is not null)
            context.Response.Headers.RetryAfter = retryAfter;
        var first = id.GetInt64();
        await context.Response.WriteAsync(body
            .Replace("$id+1", (first + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("$id", first.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
    });

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();
}
