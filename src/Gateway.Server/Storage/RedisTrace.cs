using System.Diagnostics;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Storage;

/// <summary>Spans of Redis calls by OpenTelemetry's conventions for databases.</summary>
internal static class RedisTrace
{
    public static Activity? Start(RedisScript script) => Start("EVALSHA " + script.Name, "EVALSHA")?.SetTag("db.stored_procedure.name", script.Name);

    public static Activity? Start(string operation) => Start(operation, operation);

    public static void Fail(Activity? span, Exception exception) =>
        span?.SetStatus(ActivityStatusCode.Error, exception.Message).SetTag("error.type", exception.GetType().FullName);

    // Only below something: the polls of workers would drown what somebody looks for.
    private static Activity? Start(string name, string operation) => Activity.Current is null
        ? null
        : GatewayTelemetry.RedisSource.StartActivity(name, ActivityKind.Client)?.SetTag("db.system.name", "redis").SetTag("db.operation.name", operation);
}
