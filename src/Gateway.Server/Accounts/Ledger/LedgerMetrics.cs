using System.Diagnostics.Metrics;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Ledgers that the chain contradicts.</summary>
internal sealed class LedgerMetrics
{
    private readonly Counter<long> _mismatches;

    public LedgerMetrics(IMeterFactory meters) => _mismatches = meters.Create(GatewayTelemetry.SourceName).CreateCounter<long>(
        GatewayTelemetry.Instruments.LedgerMismatches, "{ledger}", "Comparisons that found a flow ledger and the chain's state to differ. It is 0; anything else is looked into.");

    public void Mismatched() => _mismatches.Add(1);
}
