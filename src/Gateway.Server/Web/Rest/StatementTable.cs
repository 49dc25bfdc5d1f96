using System.Text;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Web.Rest;

/// <summary>A statement as comma-separated values: one line per lease, one per flow period, one for the sums.</summary>
internal static class StatementTable
{
    private static readonly string[] Head = ["kind", "lease_id", "vm_id", "payee", "flow_rate", "from", "to", "running_time", "used", "streamed", "carried", "transaction"];

    public static string Write(Wire.Statement statement)
    {
        var table = new StringBuilder();
        Line(table, Head);
        foreach (var lease in statement.Leases)
            Line(table, "lease", lease.LeaseId, lease.VmId, "", "", "", "", ProtoJson.Text(lease.RunningTime), lease.Used, "", "", "");
        foreach (var flow in statement.Flows)
            Line(table, "flow", "", "", flow.Payee, flow.FlowRate, ProtoJson.Text(flow.From), ProtoJson.Text(flow.To), "", "", flow.Streamed, "", flow.OpenedBy);
        Line(
            table, "total", "", "", "", "", ProtoJson.Text(statement.From), ProtoJson.Text(statement.To), "", statement.Used, statement.Streamed, statement.Carried, "");
        return table.ToString();
    }

    private static void Line(StringBuilder table, params ReadOnlySpan<string> cells)
    {
        for (var i = 0; i < cells.Length; i++)
            table.Append(i > 0 ? "," : "").Append(Quoted(cells[i]));
        table.Append("\r\n");
    }

    private static string Quoted(string cell)
    {
        // A spreadsheet would run a name that begins like a formula; a minus before digits is a number.
        if (cell.Length > 0 && (cell[0] is '=' or '+' or '@' or '\t' or '\r' || (cell[0] == '-' && !cell.Skip(1).All(char.IsAsciiDigit))))
            cell = "'" + cell;
        return cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
