using Gateway.Chain.Signing;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Accounts;
using Gateway.Server.Directives;
using Gateway.Server.Leases;
using Gateway.Server.Storage;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>Why a lease is as it is: what was seen, decided, told and answered, as far as it is kept.</summary>
internal sealed class ExplainLease(
    LeaseReader reader, AccountStore accounts, LeaseHistory history, DirectiveLog directives, LeaseMapping mapping, TimeProvider time)
{
    /// <exception cref="Leases.Errors.LeaseNotFoundException">There is no such lease.</exception>
    public async Task<Wire.LeaseHistory> RunAsync(LeaseId id, CancellationToken cancellationToken)
    {
        var view = await reader.GetAsync(id, cancellationToken);
        var account = view.Lease.Account;
        var notes = await history.ReadAsync(account, id, cancellationToken);
        var waiting = await directives.FindPendingAsync(account, id, cancellationToken);
        var book = await accounts.LoadAsync(account, cancellationToken);
        var exposure = Exposure.Of(book, time.GetUtcNow());
        return new Wire.LeaseHistory
        {
            Lease = mapping.ToWire(view),
            Entries = { notes.Select(ToWire) },
            Exposure = exposure.Time.ToDuration(),
            ExposureAmount = exposure.Amount.ToDecimal(),
            Drifts = { DriftsOf(view.Lease, book) },
            VerifiedAt = book.Account.Health?.At.ToDateTimeOffset().ToTimestamp(),
            VerifiedBlock = book.Account.Health?.Block.Value ?? 0,
            Waiting = waiting is null ? null : DirectiveMapping.ToWire(waiting, cursor: null, waiting.Deliveries),
        };
    }

    private IEnumerable<Wire.PayeeDrift> DriftsOf(Lease lease, AccountBook book)
    {
        var at = (book.Account.Health?.At ?? default).AtOrAfter(time.GetUtcNow());
        var payees = lease.Payees.Select(p => Eip55.Format(p.Address)).ToHashSet(StringComparer.Ordinal);
        return DriftMapping.ToWire(book, at).Where(d => payees.Contains(d.Payee));
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
