using Gateway.Domain.Statements;

namespace Gateway.Server.Configuration;

/// <summary><c>Gateway:Statements</c>: the flow ledger and what is drawn up from it.</summary>
internal sealed class StatementOptions
{
    public const string Section = "Gateway:Statements";

    /// <summary>
    /// How often an account's flow ledger is moved on where nobody asks for a statement. 1 min to 7 days, default 6 h. Well within what the nodes keep of logs.
    /// </summary>
    public TimeSpan LedgerEvery { get; set; } = TimeSpan.FromHours(6);

    /// <summary>How long the periods are that statements are closed in: calendar months (default) or days, UTC.</summary>
    public PeriodLength Period { get; set; } = PeriodLength.Month;

    /// <summary>How long after its end a period is closed: what is reported later is a correction in the next one. 1 min to 31 days, default 3 days.</summary>
    public TimeSpan CloseAfter { get; set; } = TimeSpan.FromDays(3);

    /// <summary>
    /// How long what a statement is made of is kept beyond what closed periods hold: any period that begins later than that is drawn up on demand. At least two
    /// periods (2 or 62 days) and at most 100 years, default 400 days.
    /// </summary>
    public TimeSpan KeepDetails { get; set; } = TimeSpan.FromDays(400);
}

internal sealed class StatementOptionsValidator() : SectionValidator<StatementOptions>(StatementOptions.Section)
{
    protected override void Check(StatementOptions options, OptionsProblems problems)
    {
        problems.InRange(nameof(options.LedgerEvery), options.LedgerEvery, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7));
        if (options.Period is not (PeriodLength.Month or PeriodLength.Day))
            problems.Add(nameof(options.Period), $"{options.Period} is neither Month nor Day.");
        problems.InRange(nameof(options.CloseAfter), options.CloseAfter, TimeSpan.FromMinutes(1), TimeSpan.FromDays(31));
        problems.InRange(nameof(options.KeepDetails), options.KeepDetails, TimeSpan.FromDays(options.Period == PeriodLength.Day ? 2 : 62), TimeSpan.FromDays(36_500));
    }
}
