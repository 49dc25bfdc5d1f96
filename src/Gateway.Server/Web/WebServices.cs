using Gateway.Server.Web.Rest;

namespace Gateway.Server.Web;

internal static class WebServices
{
    /// <summary>What is served over HTTP to customers. Needs the accounts.</summary>
    public static IServiceCollection AddWeb(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, RestJson.Default));
        services.AddOpenApi(RestDocument.Name, RestDocument.Configure);
        services.AddSingleton<AccountLeases>();
        services.AddSingleton<AccountEvents>();
        return services;
    }

    /// <summary>REST, its description, and the customer's page.</summary>
    public static void MapWeb(this IEndpointRouteBuilder app)
    {
        app.MapAccountRoutes();
        app.MapOpenApi();
    }
}
