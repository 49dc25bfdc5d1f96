using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Gateway.Server.Web.Rest;

/// <summary>How REST describes itself at /openapi/v1.json; a copy stands in Web/openapi.json.</summary>
internal static class RestDocument
{
    public const string Name = "v1";

    /// <summary>Of our own types' names; the contract knows the messages without it.</summary>
    private const string Suffix = "Dto";

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.CreateSchemaReferenceId = static type =>
            OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } id && id.EndsWith(Suffix, StringComparison.Ordinal) ? id[..^Suffix.Length] : null;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Superfluid gateway: accounts",
                Version = Name,
                Description = "What a customer's page and wallet need. Field names and forms are those of the proto's JSON; amounts are decimal strings, never floats.",
            };
            // Where this process happens to listen is not part of the contract.
            document.Servers = [];
            return Task.CompletedTask;
        });
    }
}
