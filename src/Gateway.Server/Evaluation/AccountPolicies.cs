using System.Collections.Frozen;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Evaluation;

/// <summary>The domain's policies out of configuration: the default, what a token has otherwise, what a payer has otherwise.</summary>
internal sealed class AccountPolicies
{
    private readonly PolicySet _default;
    private readonly FrozenDictionary<Address, PolicySet> _byToken;
    private readonly FrozenDictionary<AccountKey, PolicySet> _byAccount;
    private readonly FrozenDictionary<Address, EconomicPolicy> _economics;

    public AccountPolicies(IOptions<PolicyOptions> options, IOptions<ChainOptions> chain)
    {
        var policy = options.Value;
        var tokens = ConfiguredDeployment.TokensOf(chain.Value).ToDictionary(t => t.Symbol, t => t.Address, StringComparer.Ordinal);
        _default = PolicySet.Of(policy);
        _byToken = policy.Tokens.ToFrozenDictionary(t => tokens[t.Key], t => PolicySet.Of(policy, t.Value));
        _byAccount = policy.Payers
            .SelectMany(p => tokens.Select(t => (Key: new AccountKey(t.Value, Address.Parse(p.Key)), Symbol: t.Key, Payer: p.Value)))
            .ToFrozenDictionary(
                a => a.Key,
                a => PolicySet.Of(policy, Find(a.Payer.Tokens, a.Symbol), a.Payer, Find(policy.Tokens, a.Symbol)));
        _economics = chain.Value.Tokens.Values
            .Where(t => t.WorthOfNativeWei is not null)
            .DistinctBy(t => Address.Parse(t.Address))
            .ToFrozenDictionary(
                t => Address.Parse(t.Address),
                t => new EconomicPolicy(TokenAmount.Parse(t.WorthOfNativeWei!), policy.EconomicHorizon, SharePpm.FromPpm(policy.MostGasSharePpm)));
        AuditInterval = policy.AuditInterval;
    }

    /// <summary>Longest time between two looks at an account that has leases.</summary>
    public TimeSpan AuditInterval { get; }

    public AccountPolicy For(AccountKey account) => SetOf(account).Account;

    /// <summary>While the account cannot be looked at.</summary>
    public ExposurePolicy ExposureFor(AccountKey account) => SetOf(account).Exposure;

    /// <summary>Beyond the pause margin, or a lease would be paused as soon as it is opened.</summary>
    public AdmissionPolicy AdmissionFor(AccountKey account) =>
        SetOf(account).Admission with { Economics = _economics.GetValueOrDefault(account.SuperToken) };

    private static PolicyOverrideOptions? Find(IDictionary<string, PolicyOverrideOptions> tokens, string symbol) =>
        tokens.TryGetValue(symbol, out var found) ? found : null;

    private PolicySet SetOf(AccountKey account) =>
        _byAccount.TryGetValue(account, out var ofAccount) ? ofAccount : _byToken.GetValueOrDefault(account.SuperToken, _default);
}

/// <summary>Everything that one account is held to.</summary>
internal sealed record PolicySet(AccountPolicy Account, ExposurePolicy Exposure, AdmissionPolicy Admission)
{
    /// <param name="narrower">What overrides the default, the narrowest first; null where nobody has set any.</param>
    public static PolicySet Of(PolicyOptions options, params PolicyOverrideOptions?[] narrower)
    {
        var pauseMargin = First(o => o.PauseMargin) ?? options.PauseMargin;
        var protect = First(o => o.Protect) ?? options.Protect;
        var unreachable = First(o => o.ChainUnreachable) ?? options.ChainUnreachable;
        return new PolicySet(
            new AccountPolicy(
                pauseMargin, First(o => o.ResumeHysteresis) ?? options.ResumeHysteresis, First(o => o.SettlementPatience) ?? options.SettlementPatience)
            {
                CloseMargin = First(o => o.CloseMargin) ?? options.CloseMargin ?? Shorter(AccountPolicy.Default.CloseMargin, pauseMargin),
                Protect = string.Equals(protect, PolicyOptions.ProtectCustomer, StringComparison.Ordinal) ? Protection.Customer : Protection.Node,
                Grace = First(o => o.Grace) ?? options.Grace,
                DriftTolerance = First(o => o.DriftTolerance) ?? options.DriftTolerance,
                Warnings = (First(o => o.Warnings) ?? options.Warnings) is { } warnings ? [.. warnings.OrderDescending()] : AccountPolicy.Default.Warnings,
            },
            new ExposurePolicy(
                First(o => o.ExposureLimit) ?? options.ExposureLimit, string.Equals(unreachable, PolicyOptions.FailClosed, StringComparison.Ordinal)),
            new AdmissionPolicy(Runway.FromTimeSpan(pauseMargin + (First(o => o.AdmissionRunway) ?? options.AdmissionRunway))));

        static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;

        T? First<T>(Func<PolicyOverrideOptions, T?> of) => narrower.Select(o => o is null ? default : of(o)).FirstOrDefault(v => v is not null);
    }
}
