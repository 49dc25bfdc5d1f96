using Gateway.Server.Leases.Errors;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Server.Web.Rest;

/// <summary>What the framework answers before a route is reached (no such route, not this method, not this content type) as a problem document like all others.</summary>
internal static class RestStatuses
{
    public static void UseRestStatuses(this IApplicationBuilder app) =>
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal), rest => rest.UseStatusCodePages(WriteAsync));

    private static Task WriteAsync(StatusCodeContext context)
    {
        var response = context.HttpContext.Response;
        var phrase = ReasonPhrases.GetReasonPhrase(response.StatusCode);
        var problem = new ProblemDto
        {
            Title = phrase,
            Status = response.StatusCode,
            Detail = response.StatusCode == StatusCodes.Status415UnsupportedMediaType
                ? "The body must be JSON, with the content type application/json."
                : $"{context.HttpContext.Request.Method} {context.HttpContext.Request.Path} is not one of the routes; /openapi/v1.json lists them.",
            Reason = ErrorReasons.InvalidRequest,
            Field = response.StatusCode == StatusCodes.Status415UnsupportedMediaType ? "body" : null,
        };
        return response.WriteAsJsonAsync(problem, RestJson.Default.ProblemDto, ProblemDto.ContentType, context.HttpContext.RequestAborted);
    }
}
