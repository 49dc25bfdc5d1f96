using System.Globalization;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Web.Rest;

/// <summary>A statement as comma-separated values: one line per lease, its parts and legs, flow period and move of a buffer, one for the sums. All of the message is in it.</summary>
internal static class StatementTable
{
    private static readonly string[] Head =
    [
        "kind", "lease_id", "vm_id", "payee", "flow_rate", "from", "to", "running_time", "used", "streamed", "carried", "transaction",
        "block", "hand", "ended_by", "ended_block", "ended_hand", "buffer_taken", "buffer_returned", "buffer_lost", "buffer_held", "opening_carry", "closing_carry", "payer", "correction",
        "correction_time", "share_ppm", "role", "flow_on_chain", "token", "verified", "closed", "closed_at", "sha256",
    ];

    public static string Write(Wire.Statement statement)
    {
        var table = new CsvTable(Head);
        foreach (var lease in statement.Leases)
        {
            table.Row(
                ("kind", "lease"),
                ("lease_id", lease.LeaseId),
                ("vm_id", lease.VmId),
                ("running_time", ProtoJson.Text(lease.RunningTime)),
                ("used", lease.Used),
                ("correction", lease.Correction),
                ("correction_time", ProtoJson.TextOrNull(lease.CorrectionTime) ?? ""));
        }

        foreach (var (lease, part) in statement.Leases.SelectMany(l => l.Parts.Select(p => (l, p))))
            table.Row(("kind", "part"), ("lease_id", lease.LeaseId), ("vm_id", lease.VmId), ("payee", part.Payee), ("used", part.Used));
        foreach (var (lease, leg) in statement.Leases.SelectMany(l => l.Legs.Select(leg => (l, leg))))
            table.Row([("kind", "leg"), ("lease_id", lease.LeaseId), ("vm_id", lease.VmId), .. Cells(leg)]);
        foreach (var flow in statement.Flows)
            table.Row([("kind", "flow"), .. Cells(flow)]);
        foreach (var move in statement.Buffers)
            table.Row([("kind", "buffer"), .. Cells(move)]);
        foreach (var total in statement.Payees)
        {
            table.Row(
                ("kind", "payee"),
                ("payee", total.Payee),
                ("used", total.Used),
                ("streamed", total.Streamed),
                ("opening_carry", total.OpeningCarry),
                ("closing_carry", total.ClosingCarry));
        }

        table.Row(
        [
            ("kind", "total"),
            ("payer", statement.Payer),
            ("token", statement.Token),
            ("from", ProtoJson.Text(statement.From)),
            ("to", ProtoJson.Text(statement.To)),
            ("used", statement.Used),
            ("streamed", statement.Streamed),
            ("carried", statement.Carried),
            ("block", ProtoJson.Text(statement.ThroughBlock)),
            ("buffer_taken", statement.Buffer?.Taken ?? ""),
            ("buffer_returned", statement.Buffer?.Returned ?? ""),
            ("buffer_lost", statement.Buffer?.Lost ?? ""),
            ("buffer_held", statement.Buffer?.Held ?? ""),
            ("opening_carry", statement.OpeningCarry),
            ("closing_carry", statement.ClosingCarry),
            .. Standing(statement.Verified, statement.Closed),
        ]);
        // Nobody may take for granted what the chain contradicts.
        if (statement.Mismatch.Length > 0)
            table.Row(("kind", "mismatch: " + statement.Mismatch));
        return table.ToString();
    }

    public static string Write(Wire.PayeeStatement statement)
    {
        var table = new CsvTable(Head);
        foreach (var lease in statement.Leases)
        {
            table.Row(
                ("kind", "lease"), ("payer", lease.Payer), ("lease_id", lease.LeaseId), ("vm_id", lease.VmId), ("running_time", ProtoJson.Text(lease.RunningTime)), ("used", lease.Used));
        }

        foreach (var flow in statement.Flows)
            table.Row([("kind", "flow"), ("payer", flow.Payer), .. Cells(flow.Flow)]);
        foreach (var account in statement.Accounts)
        {
            table.Row(
                ("kind", "payer"),
                ("payer", account.Payer),
                ("used", account.Used),
                ("streamed", account.Streamed),
                ("opening_carry", account.OpeningCarry),
                ("closing_carry", account.ClosingCarry));
        }

        table.Row(
        [
            ("kind", "total"),
            ("payee", statement.Payee),
            ("token", statement.Token),
            ("from", ProtoJson.Text(statement.From)),
            ("to", ProtoJson.Text(statement.To)),
            ("used", statement.Used),
            ("streamed", statement.Streamed),
            ("carried", statement.Carried),
            ("opening_carry", statement.OpeningCarry),
            ("closing_carry", statement.ClosingCarry),
            .. Standing(statement.Verified, statement.Closed),
        ]);
        if (statement.Mismatch.Length > 0)
            table.Row(("kind", "mismatch: " + statement.Mismatch));
        return table.ToString();
    }

    /// <summary>How far it can be trusted, and whether it may still change.</summary>
    private static (string Column, string Cell)[] Standing(bool isVerified, Wire.ClosedPeriod? closed) =>
    [
        ("verified", isVerified ? "true" : "false"),
        ("closed", closed?.Name ?? ""),
        ("closed_at", ProtoJson.TextOrNull(closed?.ClosedAt) ?? ""),
        ("sha256", closed?.Sha256 ?? ""),
    ];

    private static (string Column, string Cell)[] Cells(Wire.Leg leg) =>
    [
        ("payee", leg.Payee.Address),
        ("share_ppm", leg.Payee.SharePpm.ToString(CultureInfo.InvariantCulture)),
        ("role", leg.Payee.Role),
        ("flow_rate", leg.FlowRate),
        ("flow_on_chain", leg.FlowOnChain),
    ];

    private static (string Column, string Cell)[] Cells(Wire.FlowPeriod flow) =>
    [
        ("payee", flow.Payee),
        ("flow_rate", flow.FlowRate),
        ("from", ProtoJson.Text(flow.From)),
        ("to", ProtoJson.Text(flow.To)),
        ("streamed", flow.Streamed),
        ("transaction", flow.OpenedBy),
        ("block", flow.OpenedBy.Length > 0 ? ProtoJson.Text(flow.OpenedBlock) : ""),
        ("hand", flow.OpenedBy.Length > 0 ? DtoMapping.NameOf(flow.OpenedHand) : ""),
        ("ended_by", flow.EndedBy),
        ("ended_block", flow.EndedBy.Length > 0 ? ProtoJson.Text(flow.EndedBlock) : ""),
        ("ended_hand", flow.EndedBy.Length > 0 ? DtoMapping.NameOf(flow.EndedHand) : ""),
        ("buffer_held", flow.BufferDeposit),
    ];

    private static (string Column, string Cell)[] Cells(Wire.BufferMove move) =>
    [
        ("payee", move.Payee),
        ("from", ProtoJson.Text(move.At)),
        ("transaction", move.Transaction),
        ("block", ProtoJson.Text(move.Block)),
        ("hand", DtoMapping.NameOf(move.Hand)),
        ("buffer_taken", move.Taken),
        ("buffer_returned", move.Returned),
        ("buffer_lost", move.Lost),
    ];
}
