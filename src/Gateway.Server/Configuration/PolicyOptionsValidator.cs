using System.Globalization;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Configuration;

/// <param name="chain">How the chain's section is filled: which symbols there are. Not its checked value, since both must be able to report at once.</param>
internal sealed class PolicyOptionsValidator(IEnumerable<IConfigureOptions<ChainOptions>> chain) : SectionValidator<PolicyOptions>(PolicyOptions.Section)
{
    private const int MostWarnings = 8;

    protected override void Check(PolicyOptions options, OptionsProblems problems)
    {
        CheckValues("", Whole(options), problems);
        problems.InRange(nameof(options.AuditInterval), options.AuditInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        problems.InRange(nameof(options.EconomicHorizon), options.EconomicHorizon, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
        if (options.MostGasSharePpm is 0 or > SharePpm.Whole)
            problems.Add(nameof(options.MostGasSharePpm), $"{options.MostGasSharePpm} is outside 1 to {SharePpm.Whole}.");
        CheckTokens("", options.Tokens, problems);
        CheckMargins(nameof(options.CloseMargin), problems, options);
        foreach (var (symbol, policy) in options.Tokens)
            CheckMargins($"Tokens:{symbol}:{nameof(options.CloseMargin)}", problems, options, policy);
        foreach (var (payer, policy) in options.Payers)
        {
            problems.Address($"Payers:{payer}", payer, required: true);
            CheckValues($"Payers:{payer}:", policy, problems);
            CheckTokens($"Payers:{payer}:", policy.Tokens, problems);
            CheckMargins($"Payers:{payer}:{nameof(options.CloseMargin)}", problems, options, policy);
            foreach (var symbol in policy.Tokens.Keys.Union(options.Tokens.Keys, StringComparer.Ordinal))
            {
                policy.Tokens.TryGetValue(symbol, out var ofPayer);
                options.Tokens.TryGetValue(symbol, out var ofToken);
                CheckMargins($"Payers:{payer}:Tokens:{symbol}:{nameof(options.CloseMargin)}", problems, options, ofPayer, policy, ofToken);
            }
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
        InRange(nameof(values.CloseMargin), values.CloseMargin, TimeSpan.Zero, TimeSpan.FromDays(7));
        InRange(nameof(values.Grace), values.Grace, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
        InRange(nameof(values.AdmissionRunway), values.AdmissionRunway, TimeSpan.Zero, TimeSpan.FromDays(30));
        InRange(nameof(values.ExposureLimit), values.ExposureLimit, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1));
        InRange(nameof(values.SettlementPatience), values.SettlementPatience, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1));
        InRange(nameof(values.DriftTolerance), values.DriftTolerance, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        if (values.Protect is { } protect && !PolicyOptions.Protections.Contains(protect, StringComparer.Ordinal))
            problems.Add($"{prefix}{nameof(values.Protect)}", $"'{protect}' is not one of {string.Join(", ", PolicyOptions.Protections)}.");
        CheckWarnings(prefix + nameof(values.Warnings), values.Warnings ?? [], problems);
        if (values.ChainUnreachable is { } name && !PolicyOptions.UnreachablePolicies.Contains(name, StringComparer.Ordinal))
            problems.Add($"{prefix}{nameof(values.ChainUnreachable)}", $"'{name}' is not one of {string.Join(", ", PolicyOptions.UnreachablePolicies)}.");

        void InRange(string key, TimeSpan? value, TimeSpan least, TimeSpan most)
        {
            if (value is { } given)
                problems.InRange(prefix + key, given, least, most);
        }
    }

    private static void CheckWarnings(string key, TimeSpan[] thresholds, OptionsProblems problems)
    {
        if (thresholds.Length > MostWarnings)
            problems.Add(key, $"{thresholds.Length} thresholds are more than {MostWarnings}.");
        if (thresholds.Distinct().Count() < thresholds.Length)
            problems.Add(key, "names a threshold twice.");
        for (var i = 0; i < thresholds.Length; i++)
            problems.InRange(string.Create(CultureInfo.InvariantCulture, $"{key}:{i}"), thresholds[i], TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
    }

    /// <summary>What is inherited may not fit to what is set: the close margin lies within the pause margin wherever both are told.</summary>
    private static void CheckMargins(string key, OptionsProblems problems, PolicyOptions options, params PolicyOverrideOptions?[] narrower)
    {
        var account = Evaluation.PolicySet.Of(options, narrower).Account;
        if (account.CloseMargin > account.PauseMargin)
            problems.Add(key, $"the close margin ({account.CloseMargin:c}) is longer than the pause margin ({account.PauseMargin:c}).");
    }

    private static PolicyOverrideOptions Whole(PolicyOptions options) => new()
    {
        PauseMargin = options.PauseMargin,
        CloseMargin = options.CloseMargin,
        Protect = options.Protect,
        Grace = options.Grace,
        Warnings = options.Warnings,
        ResumeHysteresis = options.ResumeHysteresis,
        AdmissionRunway = options.AdmissionRunway,
        ExposureLimit = options.ExposureLimit,
        ChainUnreachable = options.ChainUnreachable,
        SettlementPatience = options.SettlementPatience,
        DriftTolerance = options.DriftTolerance,
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
