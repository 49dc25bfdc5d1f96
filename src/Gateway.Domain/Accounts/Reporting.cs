using System.Globalization;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;

namespace Gateway.Domain.Accounts;

/// <summary>Execution reports, which come late, again, and in any order.</summary>
/// <remarks>
/// Every report goes into the meter, which is a function of all of them. What the VM does now, and with it what its flows carry, follows the newest one alone. That a VM
/// was terminated is taken whenever it comes, since it never runs again.
/// </remarks>
internal static class Reporting
{
    public static Decision Take(AccountBook book, LeaseId id, ExecutionReport report)
    {
        var lease = book.Leases[id];
        if (lease.State == LeaseState.Rejected)
            return new Decision(book, []); // It never was a lease: nobody is owed anything for its VM.
        if (report.Execution == Execution.Terminate)
            return Terminate(book, lease, report);
        switch (lease.Meter.FitOf(report.Phase, report.Told, report.At))
        {
            case ReportFit.Newest:
                return Newest(book, lease, report);
            case ReportFit.Late:
                return Late(book, lease, lease.Meter.Told(report.Phase, report.Told, report.At), report);
            case ReportFit.Known or ReportFit.Sealed or ReportFit.Unspecified:
            default:
                return new Decision(book, []);
        }
    }

    /// <summary>With a meter that is no larger than it may be; what left it is for the log.</summary>
    public static (Lease Lease, IEnumerable<Effect> Effects) Trimmed(Lease lease)
    {
        var (meter, record) = Sealing.Trim(lease.Meter, lease.Payees);
        return record is null ? (lease, []) : (lease with { Meter = meter }, [new Effect.RecordUse(lease.Id, record)]);
    }

    private static Decision Newest(AccountBook book, Lease lease, ExecutionReport report)
    {
        var told = lease.Meter.Told(report.Phase, report.Told, report.At);
        var ends = lease.State == LeaseState.Closing || lease.IsEnded;
        if (ends)
            return Late(book, lease, told, report); // What it does now is settled: it ends.
        var (next, sealing) = Trimmed(lease with { MayRun = report.Execution == Execution.Run, Meter = told, ReportedAt = report.Told });
        Effect[] effects = [AccountMachine.Note(next, NoteKind.Report, Say(report, isLate: false)), .. sealing];
        return FlowBook.Recompute(book.With(next), effects, lowering: Urgency.StopLoss, next.TraceParent);
    }

    private static Decision Late(AccountBook book, Lease lease, Meter meter, ExecutionReport report)
    {
        var (next, sealing) = Trimmed(lease with { Meter = meter });
        // What has ended was settled by what was known then.
        var settled = next.State == LeaseState.Closed ? Tallies.Settle(book, next, lease) : book;
        return new Decision(settled.With(next), [AccountMachine.Note(next, NoteKind.Report, Say(report, isLate: true)), .. sealing]);
    }

    private static Decision Terminate(AccountBook book, Lease lease, ExecutionReport report)
    {
        if (lease.State != LeaseState.Closing && !lease.IsEnded)
            return AccountMachine.Close(book, lease.Id, MeterTime.Later(report.At, lease.OpenedAt), lease.TraceParent);
        // It had stopped before its lease was closed.
        var meter = lease.Meter.Ended(report.At);
        return ReferenceEquals(meter, lease.Meter) ? new Decision(book, []) : Late(book, lease, meter, report);
    }

    private static string Say(ExecutionReport report, bool isLate)
    {
        var answers = report.DirectiveId is { } directive ? $", in answer to directive {directive}" : "";
        var late = isLate ? ", told late: what it does now is known already" : "";
        var ahead = report.Ahead > TimeSpan.Zero
            ? string.Create(CultureInfo.InvariantCulture, $", by a clock that is {report.Ahead.TotalSeconds:0.000} s ahead of ours: {report.Told:O} is taken as now")
            : "";
        return $"{report.Execution} since {report.At:O}{answers}{late}{ahead}";
    }
}
