using System.Text;

namespace Gateway.Server.Web.Rest;

/// <summary>Comma-separated values (RFC 4180) that no spreadsheet runs as formulas.</summary>
internal sealed class CsvTable
{
    private readonly StringBuilder _text = new();
    private readonly IReadOnlyList<string> _columns;

    public CsvTable(IReadOnlyList<string> columns)
    {
        _columns = columns;
        Line(columns);
    }

    /// <param name="cells">By their columns; the others stay empty.</param>
    public void Row(params (string Column, string Cell)[] cells)
    {
        var byColumn = cells.ToDictionary(c => c.Column, c => c.Cell, StringComparer.Ordinal);
        Line([.. _columns.Select(c => byColumn.GetValueOrDefault(c, ""))]);
    }

    public override string ToString() => _text.ToString();

    private void Line(IReadOnlyList<string> cells) => _text.AppendJoin(',', cells.Select(Quoted)).Append("\r\n");

    private static string Quoted(string cell)
    {
        // A spreadsheet would run a name that begins like a formula; a minus before digits is a number.
        if (cell.Length > 0 && (cell[0] is '=' or '+' or '@' or '\t' or '\r' || (cell[0] == '-' && !cell.Skip(1).All(char.IsAsciiDigit))))
            cell = "'" + cell;
        return cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
