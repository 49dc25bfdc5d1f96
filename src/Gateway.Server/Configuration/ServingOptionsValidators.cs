namespace Gateway.Server.Configuration;

internal sealed class RedisOptionsValidator() : SectionValidator<RedisOptions>(RedisOptions.Section)
{
    protected override void Check(RedisOptions options, OptionsProblems problems)
    {
        problems.Require(nameof(options.Connection), options.Connection);
        problems.InRange(nameof(options.CommandTimeout), options.CommandTimeout, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
        problems.InRange(nameof(options.ReplicaTimeout), options.ReplicaTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10));
        if (options.ReplicaTimeout >= options.CommandTimeout)
            problems.Add(nameof(options.ReplicaTimeout), $"must be below CommandTimeout ({options.CommandTimeout:c}), or it never ends by itself.");
        if (options.Replicas is < 0 or > 8)
            problems.Add(nameof(options.Replicas), $"{options.Replicas} is outside 0 to 8.");
    }
}

internal sealed class GrpcOptionsValidator() : SectionValidator<GrpcOptions>(GrpcOptions.Section)
{
    protected override void Check(GrpcOptions options, OptionsProblems problems) => problems.ListenUrl(nameof(options.Url), options.Url);
}

internal sealed class HttpOptionsValidator() : SectionValidator<HttpOptions>(HttpOptions.Section)
{
    protected override void Check(HttpOptions options, OptionsProblems problems) => problems.ListenUrl(nameof(options.Url), options.Url);
}

internal sealed class DirectiveOptionsValidator() : SectionValidator<DirectiveOptions>(DirectiveOptions.Section)
{
    protected override void Check(DirectiveOptions options, OptionsProblems problems)
    {
        problems.InRange(nameof(options.RedeliverAfter), options.RedeliverAfter, TimeSpan.FromMilliseconds(200), TimeSpan.FromMinutes(10));
        problems.InRange(nameof(options.PollInterval), options.PollInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1));
    }
}
