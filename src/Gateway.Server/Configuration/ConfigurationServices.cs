using Gateway.Server.Evaluation;
using Gateway.Server.Payees;
using Gateway.Server.Pricing;
using Gateway.Server.Webhooks;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Configuration;

/// <summary>The one place where configuration becomes options: every section bound, checked, and checked at start.</summary>
internal static class ConfigurationServices
{
    public static IServiceCollection AddGatewayConfiguration(this IServiceCollection services)
    {
        services.AddOptions<ChainOptions>().BindConfiguration(ChainOptions.Section).ValidateOnStart();
        services.AddOptions<OperatorOptions>().BindConfiguration(OperatorOptions.Section).ValidateOnStart();
        services.AddOptions<OperatorSecrets>().BindConfiguration(OperatorOptions.Section);
        services.AddOptions<RedisOptions>().BindConfiguration(RedisOptions.Section).ValidateOnStart();
        services.AddOptions<GrpcOptions>().BindConfiguration(GrpcOptions.Section).ValidateOnStart();
        services.AddOptions<HttpOptions>().BindConfiguration(HttpOptions.Section).ValidateOnStart();
        services.AddOptions<DirectiveOptions>().BindConfiguration(DirectiveOptions.Section).ValidateOnStart();
        services.AddOptions<PolicyOptions>().BindConfiguration(PolicyOptions.Section).ValidateOnStart();
        services.AddOptions<SettlementOptions>().BindConfiguration(SettlementOptions.Section).ValidateOnStart();
        services.AddOptions<StatementOptions>().BindConfiguration(StatementOptions.Section).ValidateOnStart();
        services.AddOptions<GatewayOptions>().BindConfiguration(GatewayOptions.Section).ValidateOnStart();
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section).ValidateOnStart();
        services.AddOptions<WebhookSecret>().BindConfiguration(WebhookOptions.Section);
        services.AddOptions<PricesOptions>().BindConfiguration(PricesOptions.Section).ValidateOnStart();
        services.AddOptions<PayeeDirectoryOptions>().BindConfiguration(PayeeDirectoryOptions.Section).ValidateOnStart();
        services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section);

        services.AddSingleton<IValidateOptions<ChainOptions>, ChainOptionsValidator>();
        services.AddSingleton<IValidateOptions<OperatorOptions>, OperatorOptionsValidator>();
        services.AddSingleton<IValidateOptions<RedisOptions>, RedisOptionsValidator>();
        services.AddSingleton<IValidateOptions<GrpcOptions>, GrpcOptionsValidator>();
        services.AddSingleton<IValidateOptions<HttpOptions>, HttpOptionsValidator>();
        services.AddSingleton<IValidateOptions<DirectiveOptions>, DirectiveOptionsValidator>();
        services.AddSingleton<IValidateOptions<PolicyOptions>, PolicyOptionsValidator>();
        services.AddSingleton<IValidateOptions<SettlementOptions>, SettlementOptionsValidator>();
        services.AddSingleton<IValidateOptions<StatementOptions>, StatementOptionsValidator>();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.AddSingleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>();
        services.AddSingleton<IValidateOptions<PricesOptions>, PricesOptionsValidator>();
        services.AddSingleton<IValidateOptions<PayeeDirectoryOptions>, PayeeDirectoryOptionsValidator>();
        services.AddSingleton<Banner>();
        return services.AddBreakerConfiguration();
    }

    private static IServiceCollection AddBreakerConfiguration(this IServiceCollection services)
    {
        services.AddOptions<BreakerOptions>().BindConfiguration(BreakerOptionsValidator.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<BreakerOptions>, BreakerOptionsValidator>();
        return services;
    }
}

internal sealed class BreakerOptionsValidator() : SectionValidator<BreakerOptions>(Section)
{
    public const string Section = "Gateway:Breakers";

    protected override void Check(BreakerOptions options, OptionsProblems problems)
    {
        // Polly's MinimumThroughput is at least 2.
        if (options.UncertainLooks is < 2 or > 100)
            problems.Add(nameof(options.UncertainLooks), $"{options.UncertainLooks} is outside 2 to 100.");
        problems.InRange(nameof(options.FirstBreak), options.FirstBreak, TimeSpan.FromMilliseconds(500), TimeSpan.FromHours(1));
        problems.InRange(nameof(options.LongestBreak), options.LongestBreak, options.FirstBreak, TimeSpan.FromDays(1));
    }
}
