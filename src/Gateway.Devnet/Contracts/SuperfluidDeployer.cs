using System.Numerics;
using Gateway.Chain.Abi;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.Anvil;
using Gateway.Devnet.Parts;
using Gateway.Domain.Identity;

namespace Gateway.Devnet.Contracts;

/// <summary>Puts the real Superfluid framework and three super tokens on a fresh local chain (superfluid.md §8).</summary>
/// <remarks>What the package's own dev-scripts/deploy-test-framework.js does, without hardhat, in two blocks. The chain must not mine by itself.</remarks>
internal sealed class SuperfluidDeployer(AnvilProcess anvil, string package, ChainId chainId)
{
    private const string DeployerSource = "contracts/utils/SuperfluidFrameworkDeployer.t.sol";
    private const string DeployerName = "SuperfluidFrameworkDeployer";

    /// <summary>Steps of the deployer of this version; it refuses the first one too many, and lacks what a missing one would have made.</summary>
    private const byte Steps = 7;

    private static readonly BigInteger AlephSupply = BigInteger.Pow(10, 18) * 1_000_000_000;
    private static readonly BigInteger MintLimit = BigInteger.Pow(10, 30);

    private static readonly ContractAbi DeployerAbi = ContractAbi.Load(DeployerName);
    private static readonly ContractAbi ResolverAbi = ContractAbi.Load("TestResolver");

    private readonly Dictionary<(string Source, string Name), Address> _libraries = [];

    /// <param name="governor">Owns the governance and the whole supply of ALEPH afterwards. Must have native coin.</param>
    public async Task<(Framework Framework, SuperTokens Tokens)> DeployAsync(DevAccount governor, CancellationToken cancellationToken)
    {
        var code = new PlannedBlock(anvil, chainId);
        if (!await Erc1820.IsThereAsync(anvil, cancellationToken))
            code.AddSigned(await Erc1820.TransactionAsync(anvil, package, cancellationToken), "the ERC-1820 registry");
        var deployer = await CreateAsync(code, governor, (DeployerSource, DeployerName), cancellationToken);
        await code.MineAsync(cancellationToken);

        var calls = new PlannedBlock(anvil, chainId);
        for (byte step = 0; step < Steps; step++)
            await CallAsync(calls, governor, deployer, DeployerAbi.Function("executeStep").Encode(step), cancellationToken);
        await CallAsync(calls, governor, deployer, DeployerAbi.Function("deployPureSuperToken").Encode("Aleph.im", SuperTokens.AlephSymbol, AlephSupply), cancellationToken);
        var wrapper = DeployerAbi.Function("deployWrapperSuperToken").Encode("USD Coin", "USDC", SuperTokens.UsdcDecimals, MintLimit, governor.Address);
        await CallAsync(calls, governor, deployer, wrapper, cancellationToken);
        await CallAsync(calls, governor, deployer, DeployerAbi.Function("deployNativeAssetSuperToken").Encode("Super AVAX", SuperTokens.AvaxxSymbol), cancellationToken);
        // Last: the deployer needs the governance for its own steps.
        await CallAsync(calls, governor, deployer, DeployerAbi.Function("transferOwnership").Encode(governor.Address), cancellationToken);
        await calls.MineAsync(cancellationToken);
        return await FindAsync(deployer, cancellationToken);
    }

    private static Task CallAsync(PlannedBlock block, DevAccount governor, Address deployer, byte[] data, CancellationToken cancellationToken) =>
        block.CallAsync(governor, deployer, data, DeployerAbi.Functions.First(f => data.AsSpan().StartsWith(f.Selector)).Name, cancellationToken);

    /// <summary>Libraries first, each once.</summary>
    private async Task<Address> CreateAsync(PlannedBlock block, DevAccount governor, (string Source, string Name) contract, CancellationToken cancellationToken)
    {
        var artifact = await Artifact.LoadAsync(package, contract.Source, contract.Name, cancellationToken);
        foreach (var library in artifact.Libraries)
        {
            if (!_libraries.ContainsKey(library))
                _libraries[library] = await CreateAsync(block, governor, library, cancellationToken);
        }

        return await block.CreateAsync(governor, artifact.Link(l => _libraries[l]), contract.Name, cancellationToken);
    }

    private async Task<(Framework Framework, SuperTokens Tokens)> FindAsync(Address deployer, CancellationToken cancellationToken)
    {
        var at = await anvil.Rpc.GetBlockNumberAsync(cancellationToken);
        var getFramework = DeployerAbi.Function("getFramework");
        var parts = (object[])getFramework.DecodeResult(await anvil.Rpc.CallAsync(new CallRequest(deployer, getFramework.Encode()), at, cancellationToken))[0];
        // In the order of the struct: superfluid.md §8, step 4.
        var contracts = new SuperfluidContracts(Host: (Address)parts[1], Cfa: (Address)parts[2], Gda: (Address)parts[4], CfaForwarder: (Address)parts[9]);
        var framework = new Framework(
            contracts, Governance: (Address)parts[0], Resolver: (Address)parts[7], BatchLiquidator: (Address)parts[13], Toga: (Address)parts[14]);
        return (framework, new SuperTokens(
            await ResolveAsync("supertokens.test.ALEPH"), await ResolveAsync("supertokens.test.USDCx"), await ResolveAsync("tokens.test.USDC"), await ResolveAsync("supertokens.test.AVAXx")));

        async Task<Address> ResolveAsync(string key)
        {
            var get = ResolverAbi.Function("get");
            var answer = (Address)get.DecodeResult(await anvil.Rpc.CallAsync(new CallRequest(framework.Resolver, get.Encode(key)), at, cancellationToken))[0];
            return answer.IsZero ? throw new DevnetException($"The resolver knows no '{key}'.") : answer;
        }
    }
}
