using System.Collections.Immutable;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Chains;

/// <summary>A super token by the name that customers know.</summary>
public sealed record ListedToken(string Symbol, Address Address);

/// <summary>Superfluid on one chain, as data. What governance may change is not here: it is read at start (superfluid.md §13).</summary>
/// <param name="DeployBlock">No flow is older.</param>
/// <param name="Automations">Contracts that act for payers by appointment, with names for people.</param>
public sealed record Deployment(
    string Name, ChainId ChainId, SuperfluidContracts Contracts, BlockNumber DeployBlock, ImmutableArray<ListedToken> Tokens,
    ImmutableDictionary<Address, string> Automations);
