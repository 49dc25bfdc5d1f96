using System.Globalization;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Configuration;

/// <param name="chain">How the chain's section is filled: which symbols there are. Not its checked value, since both must be able to report at once.</param>
internal sealed class PolicyOptionsValidator(IEnumerable<IConfigureOptions<ChainOptions>> chain) : SectionValidator<PolicyOptions>(PolicyOptions.Section)
{
    protected override void Check(PolicyOptions options, OptionsProblems problems)
    {
        CheckValues("", Whole(options), problems);
        problems.InRange(nameof(options.AuditInterval), options.AuditInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        problems.InRange(nameof(options.EconomicHorizon), options.EconomicHorizon, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
        if (options.MostGasSharePpm is 0 or > SharePpm.Whole)
            problems.Add(nameof(options.MostGasSharePpm), $"{options.MostGasSharePpm} is outside 1 to {SharePpm.Whole}.");
        CheckTokens("", options.Tokens, problems);
        foreach (var (payer, policy) in options.Payers)
        {
            problems.Address($"Payers:{payer}", payer, required: true);
            CheckValues($"Payers:{payer}:", policy, problems);
            CheckTokens($"Payers:{payer}:", policy.Tokens, problems);
        }
    }

    private void CheckTokens(string prefix, IDictionary<string, PolicyOverrideOptions> tokens, OptionsProblems problems)
    {
        if (tokens.Count == 0)
            return;
        var known = KnownSymbols();
        foreach (var (symbol, policy) in tokens)
        {
            var key = $"{prefix}Tokens:{symbol}";
            if (!known.Contains(symbol))
                problems.Add(key, $"'{symbol}' is no token of this chain; known are {(known.Count == 0 ? "none" : string.Join(", ", known.Order(StringComparer.Ordinal)))}.");
            CheckValues($"{key}:", policy, problems);
        }
    }

    private HashSet<string> KnownSymbols()
    {
        var options = new ChainOptions();
        foreach (var fill in chain)
            fill.Configure(options);
        return ConfiguredDeployment.SymbolsOf(options).ToHashSet(StringComparer.Ordinal);
    }

    private static void CheckValues(string prefix, PolicyOverrideOptions values, OptionsProblems problems)
    {
        InRange(nameof(values.PauseMargin), values.PauseMargin, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7));
        InRange(nameof(values.ResumeHysteresis), values.ResumeHysteresis, TimeSpan.Zero, TimeSpan.FromDays(7));
        InRange(nameof(values.AdmissionRunway), values.AdmissionRunway, TimeSpan.Zero, TimeSpan.FromDays(30));
        InRange(nameof(values.ExposureLimit), values.ExposureLimit, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1));
        InRange(nameof(values.SettlementPatience), values.SettlementPatience, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1));
        if (values.ChainUnreachable is { } name && !PolicyOptions.UnreachablePolicies.Contains(name, StringComparer.Ordinal))
            problems.Add($"{prefix}{nameof(values.ChainUnreachable)}", $"'{name}' is not one of {string.Join(", ", PolicyOptions.UnreachablePolicies)}.");

        void InRange(string key, TimeSpan? value, TimeSpan least, TimeSpan most)
        {
            if (value is { } given)
                problems.InRange(prefix + key, given, least, most);
        }
    }

    private static PolicyOverrideOptions Whole(PolicyOptions options) => new()
    {
        PauseMargin = options.PauseMargin,
        ResumeHysteresis = options.ResumeHysteresis,
        AdmissionRunway = options.AdmissionRunway,
        ExposureLimit = options.ExposureLimit,
        ChainUnreachable = options.ChainUnreachable,
        SettlementPatience = options.SettlementPatience,
    };
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
