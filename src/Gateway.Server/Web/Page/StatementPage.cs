using Gateway.Domain.Money;
using Gateway.Server.Web.Rest;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Web.Page;

/// <summary>Statements for people and for paper: the same numbers as in every other form.</summary>
internal static class StatementPage
{
    private static readonly string[] Flow = ["Payee", "#Rate, wei/s", "From", "To", "#Streamed, wei", "Opened by", "Ended by", "#Buffer, wei"];

    public static string Write(Wire.Statement statement)
    {
        var page = new HtmlText($"Statement of {statement.Payer}, {statement.Token}");
        Head(page, statement.From, statement.To, statement.Closed, statement.Verified, statement.Mismatch);
        page.Paragraph($"Every change up to block {ProtoJson.Text(statement.ThroughBlock)} is in it.");
        Total(page, statement.Token, statement.OpeningCarry, statement.Streamed, statement.Used, statement.Carried, statement.ClosingCarry);
        page.Table(
            "Leases",
            "leases",
            ["Lease", "VM", "#Running time", "#Used, wei", "#Of it reported late", "#Of it reported late, wei"],
            statement.Leases.Select(l => new[] { l.LeaseId, l.VmId, ProtoJson.Text(l.RunningTime), l.Used, ProtoJson.TextOrNull(l.CorrectionTime) ?? "", l.Correction }));
        page.Table("Of it for whom", "parts", ["Lease", "Payee", "#Used, wei"], statement.Leases.SelectMany(l => l.Parts.Select(p => new[] { l.LeaseId, p.Payee, p.Used })));
        // A closed statement holds none: they are of the moment, not of the period.
        if (statement.Leases.Any(l => l.Legs.Count > 0))
        {
            page.Table(
                "What leases pay at this moment",
                "legs",
                ["Lease", "Payee", "Role", "#Share, millionths", "#Rate, wei/s", "#All that flows to this payee, wei/s"],
                statement.Leases.SelectMany(l => l.Legs.Select(g => new[] { l.LeaseId, g.Payee.Address, g.Payee.Role, ProtoJson.Text(g.Payee.SharePpm), g.FlowRate, g.FlowOnChain })));
        }

        page.Table(
            "Payees",
            "payees",
            ["Payee", "#Opening carry, wei", "#Streamed, wei", "#Used, wei", "#Closing carry, wei"],
            statement.Payees.Select(p => new[] { p.Payee, p.OpeningCarry, p.Streamed, p.Used, p.ClosingCarry }));
        page.Table("What flowed", "flows", Flow, statement.Flows.Select(Row));
        page.Table(
            "Buffer deposits",
            "buffers",
            ["Payee", "At", "#Taken, wei", "#Returned, wei", "#Lost, wei", "By", "Transaction"],
            statement.Buffers.Select(b => new[] { b.Payee, ProtoJson.Text(b.At), b.Taken, b.Returned, b.Lost, Hand(b.Hand), InBlock(b.Transaction, b.Block) }));
        page.Table(
            "Buffer deposits in all",
            "buffer",
            ["#Taken, wei", "#Returned, wei", "#Lost, wei", "#Held at the end, wei"],
            statement.Buffer is { } b ? [[b.Taken, b.Returned, b.Lost, b.Held]] : []);
        return page.ToString();
    }

    public static string Write(Wire.PayeeStatement statement)
    {
        var page = new HtmlText($"Earnings of {statement.Payee}, {statement.Token}");
        Head(page, statement.From, statement.To, statement.Closed, statement.Verified, statement.Mismatch);
        Total(page, statement.Token, statement.OpeningCarry, statement.Streamed, statement.Used, statement.Carried, statement.ClosingCarry);
        page.Table(
            "From whom",
            "accounts",
            ["Payer", "#Opening carry, wei", "#Streamed, wei", "#Used, wei", "#Closing carry, wei"],
            statement.Accounts.Select(a => new[] { a.Payer, a.OpeningCarry, a.Streamed, a.Used, a.ClosingCarry }));
        page.Table(
            "For which VM",
            "leases",
            ["Payer", "Lease", "VM", "#Running time", "#Used, wei"],
            statement.Leases.Select(l => new[] { l.Payer, l.LeaseId, l.VmId, ProtoJson.Text(l.RunningTime), l.Used }));
        page.Table("What flowed", "flows", ["Payer", .. Flow], statement.Flows.Select(f => (string[])[f.Payer, .. Row(f.Flow)]));
        return page.ToString();
    }

    private static void Head(
        HtmlText page,
        Google.Protobuf.WellKnownTypes.Timestamp from,
        Google.Protobuf.WellKnownTypes.Timestamp to,
        Wire.ClosedPeriod? closed,
        bool isVerified,
        string mismatch)
    {
        page.Paragraph($"From {ProtoJson.Text(from)} to {ProtoJson.Text(to)}");
        page.Paragraph(closed is null
            ? "Not closed: it may still change."
            : $"Period {closed.Name}, closed at {ProtoJson.Text(closed.ClosedAt)}: it does not change any more. SHA-256 {closed.Sha256}");
        if (!isVerified)
            page.Paragraph("Not all of it is verified yet: one endpoint alone has told it.", "mismatch");
        if (mismatch.Length > 0)
            page.Paragraph($"The chain contradicts it: {mismatch}", "mismatch");
    }

    private static void Total(HtmlText page, string token, params string[] sums) => page.Table(
        "Total",
        "total",
        ["In", "#Opening carry", "#Streamed", "#Used", "#Carried", "#Closing carry"],
        [[token, .. sums.Select(s => TokenAmount.Parse(s).ToTokens())], ["wei", .. sums]]);

    private static string[] Row(Wire.FlowPeriod flow) =>
    [
        flow.Payee,
        flow.FlowRate,
        ProtoJson.Text(flow.From),
        ProtoJson.Text(flow.To),
        flow.Streamed,
        flow.OpenedBy.Length > 0 ? InBlock($"{flow.OpenedBy} ({Hand(flow.OpenedHand)})", flow.OpenedBlock) : "before the first lease",
        flow.EndedBy.Length > 0 ? InBlock($"{flow.EndedBy} ({Hand(flow.EndedHand)})", flow.EndedBlock) : "",
        flow.BufferDeposit,
    ];

    private static string InBlock(string transaction, ulong block) => $"{transaction} in block {ProtoJson.Text(block)}";

    private static string Hand(Wire.FlowHand hand) => hand switch
    {
        Wire.FlowHand.Gateway => "the gateway",
        Wire.FlowHand.Payer => "the payer",
        Wire.FlowHand.Payee => "the payee",
        Wire.FlowHand.Liquidator => "a liquidator",
        Wire.FlowHand.Other => "somebody else",
        _ => "unknown",
    };
}
