namespace Gateway.Server.Configuration;

/// <summary><c>Gateway:Statements</c>: the flow ledger and what is drawn up from it.</summary>
internal sealed class StatementOptions
{
    public const string Section = "Gateway:Statements";

    /// <summary>
    /// How often an account's flow ledger is moved on where nobody asks for a statement. 1 min to 7 days, default 6 h. Well within what the nodes keep of logs.
    /// </summary>
    public TimeSpan LedgerEvery { get; set; } = TimeSpan.FromHours(6);
}

internal sealed class StatementOptionsValidator() : SectionValidator<StatementOptions>(StatementOptions.Section)
{
    protected override void Check(StatementOptions options, OptionsProblems problems) =>
        problems.InRange(nameof(options.LedgerEvery), options.LedgerEvery, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7));
}
