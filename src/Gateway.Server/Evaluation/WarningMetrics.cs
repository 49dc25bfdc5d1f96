using System.Diagnostics.Metrics;
using Gateway.Domain.Accounts;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Evaluation;

/// <summary>What payers are warned of, counted. Thresholds are tags: configuration bounds how many there are.</summary>
internal sealed class WarningMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _warnings = meters.Create(GatewayTelemetry.SourceName)
        .CreateCounter<long>(GatewayTelemetry.Instruments.AccountWarnings, "{warning}", "Warnings and recoveries told of accounts.");

    public void Told(AccountWarning warning) => _warnings.Add(
        1,
        new KeyValuePair<string, object?>("kind", warning.Kind.ToString()),
        new KeyValuePair<string, object?>("threshold", warning.Threshold?.ToString("c") ?? "none"));
}
