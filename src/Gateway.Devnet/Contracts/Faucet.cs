using System.Numerics;
using Gateway.Chain.Abi;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Devnet.Contracts;

/// <summary>What the governor has to call so that others have money. He owns all ALEPH, and USDC can be minted.</summary>
internal sealed class Faucet(SuperfluidContracts contracts, SuperTokens tokens, Address governor)
{
    /// <summary>Accounts served by one transaction, two transfers each: well below what a block takes.</summary>
    private const int AccountsPerBatch = 40;

    private static readonly ContractAbi Erc20 = ContractAbi.Load("TestToken");

    /// <summary>18 − 6 decimals.</summary>
    private static readonly BigInteger WeiPerUsdcUnit = BigInteger.Pow(10, 18 - SuperTokens.UsdcDecimals);

    /// <summary>Gives the governor himself wrapped USDC to hand out.</summary>
    public IEnumerable<ContractCall> Fill(TokenAmount usdcx)
    {
        var units = usdcx.Wei / WeiPerUsdcUnit;
        yield return Mint(governor, units);
        yield return new ContractCall(tokens.Usdc, TokenCalls.ApproveUnderlying(tokens.Usdcx, units), "approving USDC");
        yield return new ContractCall(tokens.Usdcx, TokenCalls.Upgrade(usdcx), "wrapping USDC");
    }

    /// <summary>Super tokens and underlying for each of the accounts. Native coin is not handed out but set.</summary>
    public IEnumerable<ContractCall> Give(Funds funds, IEnumerable<Address> accounts)
    {
        foreach (var some in accounts.Chunk(AccountsPerBatch))
        {
            var transfers = some.SelectMany(a => (HostOperation[])
            [
                HostOperation.TransferFrom(tokens.Aleph, governor, a, funds.Aleph),
                HostOperation.TransferFrom(tokens.Usdcx, governor, a, funds.Usdcx),
            ]);
            yield return new ContractCall(contracts.Host, HostCalls.Batch(transfers), "handing out super tokens");
            foreach (var account in some)
                yield return Mint(account, funds.UsdcUnits);
        }
    }

    private ContractCall Mint(Address account, BigInteger units) =>
        new(tokens.Usdc, Erc20.Function("mint").Encode(account, units), "minting USDC");
}

/// <summary>A call that somebody will send.</summary>
/// <param name="What">For the message if it fails.</param>
internal sealed record ContractCall(Address To, byte[] Data, string What);
