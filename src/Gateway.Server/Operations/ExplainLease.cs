using Gateway.Domain.Identity;
using Gateway.Server.Leases;
using Gateway.Server.Storage;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>Why a lease is as it is: what was seen, decided, told and answered, as far as it is kept.</summary>
internal sealed class ExplainLease(LeaseReader reader, LeaseHistory history, LeaseMapping mapping)
{
    /// <exception cref="Leases.Errors.LeaseNotFoundException">There is no such lease.</exception>
    public async Task<Wire.LeaseHistory> RunAsync(LeaseId id, CancellationToken cancellationToken)
    {
        var view = await reader.GetAsync(id, cancellationToken);
        var notes = await history.ReadAsync(view.Lease.Account, id, cancellationToken);
        return new Wire.LeaseHistory { Lease = mapping.ToWire(view), Entries = { notes.Select(ToWire) } };
    }

    private static Wire.HistoryEntry ToWire(HistoryNote note) => new()
    {
        At = note.At.ToTimestamp(),
        // The contract has them in lower case, where a reader of the wire looks for words, not for numbers.
        Kind = note.Kind.ToString().ToLowerInvariant(),
        Summary = note.Summary,
        Evidence = LeaseMapping.ToWire(note.Evidence),
        TraceId = note.TraceId ?? "",
    };
}
