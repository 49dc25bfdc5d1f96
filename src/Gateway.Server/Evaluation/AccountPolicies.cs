using System.Collections.Frozen;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Evaluation;

/// <summary>The domain's policies out of configuration.</summary>
internal sealed class AccountPolicies(IOptions<PolicyOptions> options, IOptions<ChainOptions> chain)
{
    private readonly AccountPolicy _account = new(options.Value.PauseMargin, options.Value.ResumeHysteresis, options.Value.SettlementPatience);

    private readonly AdmissionPolicy _admission = new(Runway.FromTimeSpan(options.Value.PauseMargin + options.Value.AdmissionRunway));

    private readonly FrozenDictionary<Address, EconomicPolicy> _economics = chain.Value.Tokens.Values
        .Where(t => t.WorthOfNativeWei is not null)
        .DistinctBy(t => Address.Parse(t.Address))
        .ToFrozenDictionary(
            t => Address.Parse(t.Address),
            t => new EconomicPolicy(TokenAmount.Parse(t.WorthOfNativeWei!), options.Value.EconomicHorizon, SharePpm.FromPpm(options.Value.MostGasSharePpm)));

    /// <summary>While an account cannot be looked at.</summary>
    public ExposurePolicy Exposure { get; } =
        new(options.Value.ExposureLimit, string.Equals(options.Value.ChainUnreachable, PolicyOptions.FailClosed, StringComparison.Ordinal));

    /// <summary>Longest time between two looks at an account that has leases.</summary>
    public TimeSpan AuditInterval { get; } = options.Value.AuditInterval;

    /// <param name="superToken">One policy serves all tokens today.</param>
    public AccountPolicy For(Address superToken) => _account;

    /// <summary>Beyond the pause margin, or a lease would be paused as soon as it is opened.</summary>
    public AdmissionPolicy AdmissionFor(Address superToken) => _admission with { Economics = _economics.GetValueOrDefault(superToken) };
}
