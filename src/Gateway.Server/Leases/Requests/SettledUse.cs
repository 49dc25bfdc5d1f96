using System.Globalization;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Storage;

namespace Gateway.Server.Leases.Requests;

/// <summary>Reports of what is settled: one that says what is known is taken again, one that says something else is refused.</summary>
internal sealed class SettledUse(UsageLog usage)
{
    /// <exception cref="InvalidRequestException">It comes too late: the use of that time is sealed, and the VM is known to have done something else then.</exception>
    public async Task CheckAsync(Lease lease, ExecutionReport report, CancellationToken cancellationToken)
    {
        if (AccountMachine.FitOf(lease, report) != ReportFit.Sealed)
            return;
        var past = await usage.PastAsync(lease, cancellationToken);
        if (report.At < past.Dropped?.Until)
            throw new InvalidRequestException("at", string.Create(CultureInfo.InvariantCulture, $"is before {past.Dropped.Until:O}: what the VM did before that is billed, and no longer kept."));
        var known = past.Intervals.Concat(lease.Meter.OpenIntervals(report.At.AddMilliseconds(1)));
        var did = known.LastOrDefault(i => i.From <= report.At && report.At < i.To)?.Phase ?? MeterPhase.Stopped;
        if (did == report.Phase)
            return;
        throw new InvalidRequestException("at", string.Create(
            CultureInfo.InvariantCulture,
            $"is before {lease.Meter.FixedBefore:O}: what the VM used before that is settled, and it is known to have been {did} then. Reports may come late, but not after {Sealing.KeptReports} newer ones."));
    }
}
