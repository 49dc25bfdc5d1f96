using System.Text.Json.Serialization;
using Gateway.Server.Web.Page;
using Gateway.Server.Web.Rest;

namespace Gateway.Server.Web;

internal static class WebServices
{
    /// <summary>What is served over HTTP to customers. Needs the accounts.</summary>
    public static IServiceCollection AddWeb(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, RestJson.Default);
            // What is unset is absent, as in the proto's JSON.
            options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        });
        services.AddOpenApi(RestDocument.Name, RestDocument.Configure);
        services.AddSingleton<AccountLeases>();
        services.AddSingleton<AccountEvents>();
        services.AddSingleton<PageFiles>();
        return services;
    }

    /// <summary>REST, its description, and the customer's page.</summary>
    public static void MapWeb(this IEndpointRouteBuilder app)
    {
        app.MapAccountRoutes();
        app.MapOpenApi();
        app.MapPage();
        app.MapStatementPages();
    }
}
