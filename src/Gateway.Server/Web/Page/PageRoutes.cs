using Microsoft.Net.Http.Headers;

namespace Gateway.Server.Web.Page;

/// <summary>Serves the customer's page.</summary>
internal static class PageRoutes
{
    /// <summary>Nothing but what comes from here; icons of wallets come as data. No frame may hold the page: its buttons move money.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapPage(this IEndpointRouteBuilder app)
    {
        var files = app.ServiceProvider.GetRequiredService<PageFiles>();
        app.MapGet("/", context => ServeAsync(context, files.Index)).ExcludeFromDescription();
        app.MapGet("/account/{token}/{payer}", context => ServeAsync(context, files.Index)).ExcludeFromDescription();
        app.MapGet("/assets/{name}", context => ServeAsync(context, files.Find($"{context.GetRouteValue("name")}"))).ExcludeFromDescription();
    }

    private static Task ServeAsync(HttpContext context, PageFile? file)
    {
        if (file is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        Guard(context.Response.Headers);
        // Asked for again each time, and answered with 304 mostly: a page and a script of two versions must never meet.
        context.Response.Headers.CacheControl = "no-cache";
        return TypedResults.File(file.Content, file.ContentType, entityTag: EntityTagHeaderValue.Parse(file.ETag)).ExecuteAsync(context);
    }

    /// <summary>For everything that a browser shows as a page.</summary>
    internal static void Guard(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
    }
}
