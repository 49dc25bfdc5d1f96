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
        var known = Deployments.All.FirstOrDefault(d => d.ChainId.Value == options.ChainId);
        var deployment = string.IsNullOrWhiteSpace(options.Contracts.Host) && known is not null ? known : Foreign(options);
        var configured = options.Tokens.Select(t => new ListedToken(t.Key, Address.Parse(t.Value.Address))).ToList();
        var symbols = configured.Select(t => t.Symbol).ToHashSet(StringComparer.Ordinal);
        return deployment with
        {
            DeployBlock = options.DeployBlock is { } block ? new BlockNumber(block) : deployment.DeployBlock,
            Tokens = [.. deployment.Tokens.Where(t => !symbols.Contains(t.Symbol)), .. configured],
        };
    }

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
