namespace Gateway.Benchmarks.Running;

/// <summary>Rows under a header, printed as Markdown.</summary>
internal sealed class MarkdownTable(params string[] header)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Print(TextWriter output)
    {
        string[] rule = [.. header.Select((_, column) => column == 0 ? "---" : "---:")];
        foreach (var row in (string[][])[header, rule, .. _rows])
            output.WriteLine($"| {string.Join(" | ", row)} |");
        output.WriteLine();
    }
}
