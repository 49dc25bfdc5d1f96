using Gateway.Chain.Signing;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts;

/// <summary>Drift in the contract's words.</summary>
internal static class DriftMapping
{
    /// <summary>Of flows, and of those that are gone what is carried.</summary>
    public static IEnumerable<Wire.PayeeDrift> ToWire(AccountBook book, BlockTime at) =>
    [
        .. book.Account.Flows.Values.OrderBy(f => f.Payee).Select(f => ToWire(book, f, at)).OfType<Wire.PayeeDrift>(),
        .. book.Account.Carried.ByPayee.Select(c => new Wire.PayeeDrift { Payee = Eip55.Format(c.Key), Drift = c.Value.ToDecimal(), Trim = RateTrim.None.ToDecimal() }),
    ];

    /// <summary>Null: nothing is known of the flow yet.</summary>
    public static Wire.PayeeDrift? ToWire(AccountBook book, Flow flow, BlockTime at) => flow.Ledger is { } ledger && Drift.Of(book, flow, at) is { } drift
        ? new Wire.PayeeDrift
        {
            Payee = Eip55.Format(flow.Payee),
            Drift = drift.Amount.ToDecimal(),
            Streamed = drift.Streamed.ToDecimal(),
            Used = drift.Used.ToDecimal(),
            Since = ledger.Since.ToDateTimeOffset().ToTimestamp(),
            EstimatedFrom = ledger.EstimatedFrom?.ToDateTimeOffset().ToTimestamp(),
            Behind = !drift.IsCertain,
            Trim = flow.Correction.Trim.ToDecimal(),
            KeptUntil = flow.Correction.Kept?.Until.ToDateTimeOffset().ToTimestamp(),
        }
        : null;
}
