using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Gateway.Server.Web.Page;

/// <summary>A page of headings and tables; whatever is put in is text.</summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _text = new();

    public HtmlText(string title, string language = "en") => _text
        .Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">")
        .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .Append(CultureInfo.InvariantCulture, $"<title>{Encoded(title)}</title><link rel=\"stylesheet\" href=\"/assets/statement.css\"><link rel=\"icon\" href=\"/assets/icon.svg\"></head><body><h1>{Encoded(title)}</h1>");

    public void Paragraph(string text, string kind = "") => _text.Append(CultureInfo.InvariantCulture, $"<p class=\"{Encoded(kind)}\">{Encoded(text)}</p>");

    /// <param name="head">A column that begins with '#' holds numbers.</param>
    public void Table(string title, string id, IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<h2>{Encoded(title)}</h2><table id=\"{Encoded(id)}\"><thead><tr>");
        foreach (var column in head)
            Cell("th", column.TrimStart('#'), IsNumber(column));
        _text.Append("</tr></thead><tbody>");
        foreach (var row in rows)
        {
            _text.Append("<tr>");
            foreach (var (column, cell) in head.Zip(row))
                Cell("td", cell, IsNumber(column));
            _text.Append("</tr>");
        }

        _text.Append("</tbody></table>");
    }

    public override string ToString() => _text + "</body></html>";

    private void Cell(string element, string text, bool isNumber) =>
        _text.Append(CultureInfo.InvariantCulture, $"<{element}{(isNumber ? " class=\"number\"" : "")}>{Encoded(text)}</{element}>");

    private static bool IsNumber(string column) => column.StartsWith('#');

    private static string Encoded(string text) => HtmlEncoder.Default.Encode(text);
}
