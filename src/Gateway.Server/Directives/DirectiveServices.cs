namespace Gateway.Server.Directives;

internal static class DirectiveServices
{
    /// <summary>How directives reach schedulers. Needs storage and telemetry.</summary>
    public static IServiceCollection AddDirectives(this IServiceCollection services)
    {
        services.AddSingleton<DirectiveHub>();
        services.AddSingleton<DirectiveWatchers>();
        services.AddSingleton<DirectiveWatch>();
        return services;
    }
}
