using System.Globalization;
using Gateway.Domain.Money;

namespace Gateway.Server.Configuration;

internal sealed class PolicyOptionsValidator() : SectionValidator<PolicyOptions>(PolicyOptions.Section)
{
    protected override void Check(PolicyOptions options, OptionsProblems problems)
    {
        problems.InRange(nameof(options.PauseMargin), options.PauseMargin, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7));
        problems.InRange(nameof(options.ResumeHysteresis), options.ResumeHysteresis, TimeSpan.Zero, TimeSpan.FromDays(7));
        problems.InRange(nameof(options.AdmissionRunway), options.AdmissionRunway, TimeSpan.Zero, TimeSpan.FromDays(30));
        problems.InRange(nameof(options.ExposureLimit), options.ExposureLimit, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1));
        problems.InRange(nameof(options.SettlementPatience), options.SettlementPatience, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1));
        problems.InRange(nameof(options.AuditInterval), options.AuditInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        problems.InRange(nameof(options.EconomicHorizon), options.EconomicHorizon, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
        if (options.MostGasSharePpm is 0 or > SharePpm.Whole)
            problems.Add(nameof(options.MostGasSharePpm), $"{options.MostGasSharePpm} is outside 1 to {SharePpm.Whole}.");
        if (!PolicyOptions.UnreachablePolicies.Contains(options.ChainUnreachable, StringComparer.Ordinal))
            problems.Add(nameof(options.ChainUnreachable), $"'{options.ChainUnreachable}' is not one of {string.Join(", ", PolicyOptions.UnreachablePolicies)}.");
    }
}

internal sealed class GatewayOptionsValidator() : SectionValidator<GatewayOptions>(GatewayOptions.Section)
{
    protected override void Check(GatewayOptions options, OptionsProblems problems)
    {
        if (options.DefaultPayees.Count == 0)
            return;
        var sum = 0L;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < options.DefaultPayees.Count; i++)
        {
            var payee = options.DefaultPayees[i];
            var key = string.Create(CultureInfo.InvariantCulture, $"{nameof(options.DefaultPayees)}:{i}");
            problems.Address($"{key}:Address", payee.Address, required: true);
            if (payee.SharePpm is 0 or > SharePpm.Whole)
                problems.Add($"{key}:SharePpm", $"{payee.SharePpm} is outside 1 to {SharePpm.Whole}.");
            if (!seen.Add(payee.Address))
                problems.Add($"{key}:Address", "names a payee twice.");
            sum += payee.SharePpm;
        }

        if (sum != SharePpm.Whole)
            problems.Add(nameof(options.DefaultPayees), $"the shares add up to {sum}, not to {SharePpm.Whole}.");
    }
}
