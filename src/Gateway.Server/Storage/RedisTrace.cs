using System.Diagnostics;

namespace Gateway.Server.Storage;

/// <summary>Spans of Redis calls by OpenTelemetry's conventions for databases.</summary>
internal static class RedisTrace
{
    /// <summary>The source of these spans.</summary>
    public const string SourceName = "Superfluid.Gateway.Redis";

    private static readonly ActivitySource Source = new(SourceName);

    public static Activity? Start(RedisScript script) => Start("EVALSHA " + script.Name, "EVALSHA")?.SetTag("db.stored_procedure.name", script.Name);

    public static Activity? Start(string operation) => Start(operation, operation);

    public static void Fail(Activity? span, Exception exception) =>
        span?.SetStatus(ActivityStatusCode.Error, exception.Message).SetTag("error.type", exception.GetType().FullName);

    // Only below something: the polls of workers would drown what somebody looks for.
    private static Activity? Start(string name, string operation) => Activity.Current is null
        ? null
        : Source.StartActivity(name, ActivityKind.Client)?.SetTag("db.system.name", "redis").SetTag("db.operation.name", operation);
}
