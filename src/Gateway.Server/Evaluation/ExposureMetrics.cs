using System.Diagnostics.Metrics;
using Gateway.Domain.Accounts;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Evaluation;

/// <summary>How long VMs could have run unpaid: at each look the time since the one before, and while looks fail the time so far.</summary>
/// <remarks>No account is a tag. The maximum is over what this replica looked at, or tried to, in the last minute or two: two windows take turns.</remarks>
internal sealed class ExposureMetrics
{
    private readonly Histogram<double> _exposure;
    private readonly LargestOfLately _largest;

    public ExposureMetrics(IMeterFactory meters, TimeProvider time)
    {
        _largest = new LargestOfLately(time);
        var meter = meters.Create(GatewayTelemetry.SourceName);
        _exposure = meter.CreateHistogram<double>(GatewayTelemetry.Instruments.AccountExposure, "s", "Time in which the VMs of an account could have run unpaid, when it was looked at.");
        meter.CreateObservableGauge(GatewayTelemetry.Instruments.AccountExposureMax, _largest.Read, "s", "The longest such time of any account in the last minute or two.");
    }

    /// <param name="isVerified">False where the look failed, and the exposure goes on growing.</param>
    public void Looked(Exposure exposure, bool isVerified)
    {
        var seconds = exposure.Time.TotalSeconds;
        _exposure.Record(seconds, new KeyValuePair<string, object?>("verified", isVerified));
        _largest.Tell(seconds);
    }
}
