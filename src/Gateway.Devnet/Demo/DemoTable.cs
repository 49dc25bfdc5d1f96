using Spectre.Console;
using Spectre.Console.Rendering;

namespace Gateway.Devnet.Demo;

/// <summary>The story as a table that fills while it is told.</summary>
internal sealed class DemoTable(IReadOnlyList<DemoStep> steps)
{
    private readonly (string Mark, string Seen)[] _rows = [.. steps.Select(_ => ("[grey]·[/]", ""))];

    public void Begin(int step) => _rows[step] = ("[yellow]…[/]", "");

    public void Succeed(int step, string seen) => _rows[step] = ("[green]✓[/]", Markup.Escape(seen));

    public void Fail(int step, string what) => _rows[step] = ("[red]✗[/]", $"[red]{Markup.Escape(what)}[/]");

    /// <param name="machines">The VMs as the operating system has them.</param>
    public IRenderable Render(IReadOnlyCollection<VirtualMachine> machines)
    {
        var table = new Table().RoundedBorder().AddColumn("").AddColumn("What happens").AddColumn("What the chain shows");
        for (var i = 0; i < steps.Count; i++)
            table.AddRow(new Markup(_rows[i].Mark), new Text(steps[i].Title), new Markup(_rows[i].Seen));
        var processes = string.Join("   ", machines.Select(m => $"{m.Name}: {ColorOf(m.State)}"));
        return new Rows(table, new Markup(processes.Length == 0 ? "[grey]no VM yet[/]" : processes));
    }

    public bool IsTold(int step) => _rows[step].Seen.Length > 0;

    /// <summary>One told step on a line of its own.</summary>
    public string LineOf(int step) => $"{_rows[step].Mark} {Markup.Escape(steps[step].Title)}: {_rows[step].Seen}";

    private static string ColorOf(MachineState state) => state switch
    {
        MachineState.Running => "[green]running[/]",
        MachineState.Stopped => "[yellow]stopped[/]",
        MachineState.Off or MachineState.Unspecified => "[grey]off[/]",
    };
}
