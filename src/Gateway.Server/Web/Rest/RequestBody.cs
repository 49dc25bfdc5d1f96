using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.Server.Leases.Errors;

namespace Gateway.Server.Web.Rest;

/// <summary>Reads JSON bodies so that what is wrong in them is told like everything else that is wrong with a request.</summary>
internal static class RequestBody
{
    /// <summary>The largest body that any of the routes has a use for, many times over.</summary>
    public const int MostBytes = 16 * 1024;

    /// <exception cref="InvalidRequestException">Not JSON, or of another form.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
            throw new InvalidRequestException("body", "must be JSON, with the content type application/json.");
        try
        {
            return await request.ReadFromJsonAsync(type, cancellationToken) ?? throw new InvalidRequestException("body", "must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw new InvalidRequestException(e.Path is { Length: > 2 } path ? path[2..] : "body", "is not of the form that the request has.");
        }
        catch (BadHttpRequestException e)
        {
            throw new InvalidRequestException("body", e.Message);
        }
    }
}
