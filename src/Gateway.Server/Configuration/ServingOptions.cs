namespace Gateway.Server.Configuration;

/// <summary><c>Gateway:Grpc</c>: where schedulers and operators are served.</summary>
internal sealed class GrpcOptions
{
    public const string Section = "Gateway:Grpc";

    /// <summary>http (h2c) or https; port 0 takes any free one. Default loopback:7071.</summary>
    public string Url { get; set; } = "http://127.0.0.1:7071";

    /// <summary>Serve gRPC reflection. Default true.</summary>
    public bool Reflection { get; set; } = true;
}

/// <summary><c>Gateway:Http</c>: where customers, health checks and the page are served.</summary>
internal sealed class HttpOptions
{
    public const string Section = "Gateway:Http";

    /// <summary>http or https; port 0 takes any free one. Default loopback:7070.</summary>
    public string Url { get; set; } = "http://127.0.0.1:7070";
}

/// <summary><c>Gateway:Directives</c>: how directives reach schedulers.</summary>
internal sealed class DirectiveOptions
{
    public const string Section = "Gateway:Directives";

    /// <summary>A directive that nobody reported is sent again after this time. 200 ms to 10 min, default 5 s.</summary>
    public TimeSpan RedeliverAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A watch looks at the log at least this often, should a hint get lost. 50 ms to 1 min, default 1 s.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);
}

/// <summary><c>Gateway:Telemetry</c>. OTLP is on when OTEL_EXPORTER_OTLP_ENDPOINT is set, whatever stands here.</summary>
internal sealed class TelemetryOptions
{
    public const string Section = "Gateway:Telemetry";

    /// <summary>Write spans to the console. Default false.</summary>
    public bool ConsoleTraces { get; set; }

    /// <summary>Write metrics to the console. Default false.</summary>
    public bool ConsoleMetrics { get; set; }
}
