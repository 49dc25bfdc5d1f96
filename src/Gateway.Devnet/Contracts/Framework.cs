using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;

namespace Gateway.Devnet.Contracts;

/// <summary>The deployed Superfluid framework, as far as anything here uses it.</summary>
/// <param name="Governance">A TestGovernance, owned by the account that deployed.</param>
/// <param name="Toga">The reward account of every token: who staked most there gets the rewards of the patrician period.</param>
internal sealed record Framework(SuperfluidContracts Contracts, Address Governance, Address Resolver, Address BatchLiquidator, Address Toga);

/// <summary>The super tokens of the devnet: one of each kind.</summary>
/// <param name="Aleph">Pure: there is no underlying.</param>
/// <param name="Usdcx">Wraps <paramref name="Usdc"/>.</param>
/// <param name="Usdc">An ERC-20 of 6 decimals that anybody may mint.</param>
/// <param name="Avaxx">Wraps the chain's own coin.</param>
internal sealed record SuperTokens(Address Aleph, Address Usdcx, Address Usdc, Address Avaxx)
{
    public const string AlephSymbol = "ALEPH";
    public const string UsdcxSymbol = "USDCx";
    public const string AvaxxSymbol = "AVAXx";

    public const int UsdcDecimals = 6;
}
