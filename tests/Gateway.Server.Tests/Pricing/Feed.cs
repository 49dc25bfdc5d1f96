using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Tests.Pricing;

/// <summary>A real HTTP server that answers one GET with what a test wants.</summary>
internal sealed class Feed : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Feed(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single() + "/secret-path";

    public string Body { get; set; } = "";

    public int Status { get; set; } = StatusCodes.Status200OK;

    /// <summary>It takes the request, and never answers.</summary>
    public bool Hangs { get; set; }

    public int Requests { get; private set; }

    public static async Task<Feed> StartAsync(string body, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var feed = new Feed(builder.Build()) { Body = body };
        feed._app.MapGet("/secret-path", feed.AnswerAsync);
        await feed._app.StartAsync(cancellationToken);
        return feed;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Requests++;
        if (Hangs)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        context.Response.StatusCode = Status;
        await context.Response.WriteAsync(Body, context.RequestAborted);
    }
}
