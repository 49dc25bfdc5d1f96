namespace Gateway.Server.Configuration;

internal sealed class SettlementOptionsValidator() : SectionValidator<SettlementOptions>(SettlementOptions.Section)
{
    // Redis adds budgets up in doubles, which are exact to 2^53.
    public const long MostBudget = 9_000_000_000_000_000;
    public const int MostCeiling = 1_000_000;

    private const long MostTip = 1_000_000_000_000;
    private const int MostBlockShare = 50;

    protected override void Check(SettlementOptions options, OptionsProblems problems)
    {
        if (options.DailyBudgetNavax is < 1 or > MostBudget)
            problems.Add(nameof(options.DailyBudgetNavax), $"{options.DailyBudgetNavax} is outside 1 to {MostBudget}.");
        if (options.BlockGasSharePercent is < 1 or > MostBlockShare)
            problems.Add(nameof(options.BlockGasSharePercent), $"{options.BlockGasSharePercent} is outside 1 to {MostBlockShare}.");
        if (options.TipWei is < 1 or > MostTip)
            problems.Add(nameof(options.TipWei), $"{options.TipWei} is outside 1 to {MostTip}.");
        problems.InRange(nameof(options.CoalescingWindow), options.CoalescingWindow, TimeSpan.Zero, TimeSpan.FromSeconds(10));

        var ceilings = options.CeilingNavax;
        CheckCeiling(nameof(ceilings.StopLoss), ceilings.StopLoss, problems);
        CheckCeiling(nameof(ceilings.Open), ceilings.Open, problems);
        CheckCeiling(nameof(ceilings.Raise), ceilings.Raise, problems);
        CheckCeiling(nameof(ceilings.Lower), ceilings.Lower, problems);
        CheckCeiling(nameof(ceilings.Trim), ceilings.Trim, problems);
    }

    private static void CheckCeiling(string name, int ceiling, OptionsProblems problems)
    {
        if (ceiling is < 1 or > MostCeiling)
            problems.Add($"{nameof(SettlementOptions.CeilingNavax)}:{name}", $"{ceiling} is outside 1 to {MostCeiling}.");
    }
}
