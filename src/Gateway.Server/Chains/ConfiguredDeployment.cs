using System.Collections.Immutable;
using Gateway.Chain.Chains;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Server.Configuration;

namespace Gateway.Server.Chains;

/// <summary>Where Superfluid is, by configuration: a known chain's own data, or contracts that configuration names.</summary>
internal static class ConfiguredDeployment
{
    /// <remarks>Another host is another deployment: nothing of the known one's contracts, tokens and automations holds there.</remarks>
    /// <param name="options">Validated.</param>
    public static Deployment Of(ChainOptions options)
    {
        var deployment = KnownOf(options) ?? Foreign(options);
        return deployment with
        {
            DeployBlock = options.DeployBlock is { } block ? new BlockNumber(block) : deployment.DeployBlock,
            Tokens = [.. TokensOf(options)],
        };
    }

    /// <summary>The super tokens alone: those of a known chain, and what configuration adds or replaces.</summary>
    /// <param name="options">Validated.</param>
    public static IEnumerable<ListedToken> TokensOf(ChainOptions options) =>
    [
        .. (KnownOf(options)?.Tokens ?? []).Where(t => !options.Tokens.ContainsKey(t.Symbol)),
        .. options.Tokens.Select(t => new ListedToken(t.Key, Address.Parse(t.Value.Address))),
    ];

    /// <summary>What requests may call the super tokens, whatever is wrong with the rest of the section.</summary>
    public static IEnumerable<string> SymbolsOf(ChainOptions options) => (KnownOf(options)?.Tokens ?? []).Select(t => t.Symbol).Concat(options.Tokens.Keys);

    private static Deployment? KnownOf(ChainOptions options) =>
        string.IsNullOrWhiteSpace(options.Contracts.Host) ? Deployments.All.FirstOrDefault(d => d.ChainId.Value == options.ChainId) : null;

    private static Deployment Foreign(ChainOptions options) => new(
        $"chain {options.ChainId}",
        new ChainId(options.ChainId),
        new SuperfluidContracts(
            Address.Parse(options.Contracts.Host!), // Required by the validator where the chain is not a known one.
            Address.Parse(options.Contracts.Cfa!),
            Address.Parse(options.Contracts.Gda!),
            Address.Parse(options.Contracts.CfaForwarder!)),
        default,
        [],
        ImmutableDictionary<Address, string>.Empty);
}
