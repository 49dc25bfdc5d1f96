using System.Collections.Immutable;
using Gateway.Chain.Chains;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Superfluid;

/// <summary>What the chain says about a configured token.</summary>
/// <param name="Underlying">Null for a pure super token and for a native wrapper.</param>
public sealed record TokenFacts(ListedToken Token, Address? Underlying, int UnderlyingDecimals, TokenParameters Parameters, Address RewardAccount);

/// <summary>The answer of a check: facts where all is right, else every problem at once.</summary>
public sealed record DeploymentFacts(Address? Governance, ImmutableArray<TokenFacts> Tokens, ImmutableArray<string> Problems)
{
    /// <summary>The head is before the deployment's first block: a wrong configuration, or a node that has just begun to follow the chain.</summary>
    public bool IsBehind { get; init; }
}

/// <summary>Compares what is configured with what the chain says, before any money moves (superfluid.md §7, §13).</summary>
public sealed class DeploymentCheck(Deployment deployment, IEthRpc rpc)
{
    private readonly HostViews _host = new(deployment.Contracts);

    /// <summary>Wrong chain, wrong host, token of another host: each is a problem with its numbers.</summary>
    /// <exception cref="ChainException">The chain cannot be asked: that is no verdict about the configuration.</exception>
    public async Task<DeploymentFacts> RunAsync(CancellationToken cancellationToken)
    {
        var chainId = await rpc.GetChainIdAsync(cancellationToken);
        if (chainId != deployment.ChainId)
            return new DeploymentFacts(Governance: null, [], [$"The endpoint serves chain {chainId}, not {deployment.ChainId} ({deployment.Name})."]);

        var at = await rpc.GetBlockNumberAsync(cancellationToken);
        var problems = ImmutableArray.CreateBuilder<string>();
        // The journal after a loss, and every statement, would be read from there, and found empty.
        var isBehind = at < deployment.DeployBlock;
        if (isBehind)
            problems.Add($"The chain is at block {at}, before DeployBlock {deployment.DeployBlock}: nothing that was ever streamed would be found again.");
        if ((await rpc.GetCodeAsync(deployment.Contracts.Host, at, cancellationToken)).Length == 0)
            return new DeploymentFacts(Governance: null, [], [$"There is no contract at the host's address {deployment.Contracts.Host}."]) { IsBehind = isBehind };

        await CheckAgreementAsync("CFA", AgreementViews.CfaType, deployment.Contracts.Cfa, at, problems, cancellationToken);
        await CheckAgreementAsync("GDA", AgreementViews.GdaType, deployment.Contracts.Gda, at, problems, cancellationToken);
        if ((await rpc.GetCodeAsync(deployment.Contracts.CfaForwarder, at, cancellationToken)).Length == 0)
            problems.Add($"There is no contract at the CFA forwarder's address {deployment.Contracts.CfaForwarder}.");

        var governance = await _host.Governance().AskAsync(rpc, at, cancellationToken);
        var tokens = ImmutableArray.CreateBuilder<TokenFacts>();
        foreach (var token in deployment.Tokens)
        {
            if (await CheckTokenAsync(token, governance, at, problems, cancellationToken) is { } facts)
                tokens.Add(facts);
        }

        return new DeploymentFacts(governance, tokens.ToImmutable(), problems.ToImmutable()) { IsBehind = isBehind };
    }

    private async Task CheckAgreementAsync(
        string name, Hash32 type, Address configured, BlockNumber at, ImmutableArray<string>.Builder problems, CancellationToken cancellationToken)
    {
        var registered = await _host.AgreementClass(type).AskAsync(rpc, at, cancellationToken);
        if (registered != configured)
            problems.Add($"The host's {name} is {registered}, not {configured} as configured.");
    }

    private async Task<TokenFacts?> CheckTokenAsync(
        ListedToken token, Address governance, BlockNumber at, ImmutableArray<string>.Builder problems, CancellationToken cancellationToken)
    {
        if ((await rpc.GetCodeAsync(token.Address, at, cancellationToken)).Length == 0)
        {
            problems.Add($"{token.Symbol}: there is no contract at {token.Address}.");
            return null;
        }

        Address host;
        try
        {
            host = await TokenViews.Host(token.Address).AskAsync(rpc, at, cancellationToken);
        }
        catch (ChainException e) when (e is ExecutionRevertedException or RpcFailedException { Failure: RpcFailure.Malformed })
        {
            problems.Add($"{token.Symbol}: {token.Address} is no super token, it does not answer getHost().");
            return null;
        }

        if (host != deployment.Contracts.Host)
        {
            problems.Add($"{token.Symbol}: {token.Address} belongs to host {host}, not to {deployment.Contracts.Host}.");
            return null;
        }

        var underlying = await TokenViews.Underlying(token.Address).AskAsync(rpc, at, cancellationToken);
        var (liquidation, patrician) = await _host.Periods(governance, token.Address).AskAsync(rpc, at, cancellationToken);
        return new TokenFacts(
            token,
            underlying.IsZero ? null : underlying,
            underlying.IsZero ? 0 : await TokenViews.Decimals(underlying).AskAsync(rpc, at, cancellationToken),
            new TokenParameters(liquidation, patrician, await _host.MinimumDeposit(governance, token.Address).AskAsync(rpc, at, cancellationToken)),
            await _host.RewardAddress(governance, token.Address).AskAsync(rpc, at, cancellationToken));
    }
}
