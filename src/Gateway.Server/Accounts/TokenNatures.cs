using System.Collections.Concurrent;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;

namespace Gateway.Server.Accounts;

internal enum TokenKind
{
    Unspecified = 0,

    /// <summary>There is nothing to wrap: whoever has it sends it.</summary>
    Pure = 1,

    /// <summary>Wraps an ERC-20.</summary>
    Wrapper = 2,

    /// <summary>Wraps the chain's own coin.</summary>
    NativeWrapper = 3,
}

/// <summary>How a super token is made, which never changes.</summary>
/// <param name="UnderlyingName">For people.</param>
/// <param name="UnderlyingDecimals">0 where nothing is wrapped.</param>
internal sealed record TokenNature(TokenKind Kind, string UnderlyingName, int UnderlyingDecimals);

/// <summary>Finds out what a super token wraps, once.</summary>
internal sealed class TokenNatures(IEthRpc rpc, ChainDirectory directory)
{
    private readonly ConcurrentDictionary<Address, TokenNature> _known = new();

    /// <exception cref="ChainException">The chain cannot be asked, and was not before.</exception>
    public async Task<TokenNature> OfAsync(TokenFacts token, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(token.Token.Address, out var known))
            return known;
        var at = await rpc.GetBlockNumberAsync(cancellationToken);
        var nature = token.Underlying is { } underlying
            ? new TokenNature(TokenKind.Wrapper, await NameAsync(underlying, at, cancellationToken), token.UnderlyingDecimals)
            : await WithoutUnderlyingAsync(token.Token.Address, at, cancellationToken);
        return _known.GetOrAdd(token.Token.Address, nature);
    }

    // A pure token and a native wrapper both name no underlying. Only the wrapper takes coins, were it none of them (SETHProxy.sol, upgradeByETH).
    private async Task<TokenNature> WithoutUnderlyingAsync(Address superToken, BlockNumber at, CancellationToken cancellationToken)
    {
        try
        {
            await rpc.CallAsync(new CallRequest(superToken, TokenCalls.UpgradeNative(), From: directory.Operator), at, cancellationToken);
            return new TokenNature(TokenKind.NativeWrapper, "of the chain's own coin", TopUp.SuperTokenDecimals);
        }
        catch (ExecutionRevertedException)
        {
            return new TokenNature(TokenKind.Pure, "", 0);
        }
    }

    private async Task<string> NameAsync(Address underlying, BlockNumber at, CancellationToken cancellationToken)
    {
        try
        {
            return await TokenViews.UnderlyingSymbol(underlying).AskAsync(rpc, at, cancellationToken);
        }
        catch (ChainException e) when (e is ExecutionRevertedException or RpcFailedException { Failure: RpcFailure.Malformed })
        {
            // Older tokens answer symbol() as bytes32, or not at all; it is only for people.
            return "of the underlying";
        }
    }
}
