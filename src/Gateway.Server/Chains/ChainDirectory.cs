using Gateway.Chain.Chains;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Chains;

/// <summary>The tokens are not known yet: the chain has not been asked with success since the start.</summary>
internal sealed class ChainUnverifiedException() : Exception("The chain could not be asked yet, so nothing is known of its tokens.");

/// <summary>What the chain was found to be at the last check: contracts, tokens, their parameters. Governance may change them, so they are read again now and then.</summary>
internal sealed class ChainDirectory(IOptions<ChainOptions> options, ITransactionSigner operatorKey)
{
    private readonly TaskCompletionSource _verified = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DeploymentFacts? _facts;

    public Deployment Deployment { get; } = ConfiguredDeployment.Of(options.Value);

    /// <summary>Whom customers authorise.</summary>
    public Address Operator { get; } = operatorKey.Address;

    /// <summary>Whether the chain was found to be the configured one. Until then no money is moved.</summary>
    public bool IsVerified => Volatile.Read(ref _facts) is not null;

    /// <exception cref="ChainUnverifiedException">Nothing is known yet.</exception>
    public IReadOnlyList<TokenFacts> Tokens => Facts.Tokens;

    /// <summary>Whose events tell that parameters changed; null while nothing is known.</summary>
    public Address? Governance => Volatile.Read(ref _facts)?.Governance;

    private DeploymentFacts Facts => Volatile.Read(ref _facts) ?? throw new ChainUnverifiedException();

    /// <summary>A token by its symbol or by its super token's address; null where it is not one of ours.</summary>
    /// <exception cref="ChainUnverifiedException">Nothing is known yet.</exception>
    public TokenFacts? Find(string symbolOrAddress) => Address.TryParse(symbolOrAddress, out var address)
        ? Find(address)
        : Tokens.FirstOrDefault(t => string.Equals(t.Token.Symbol, symbolOrAddress, StringComparison.Ordinal));

    /// <exception cref="ChainUnverifiedException">Nothing is known yet.</exception>
    public TokenFacts? Find(Address superToken) => Tokens.FirstOrDefault(t => t.Token.Address == superToken);

    /// <summary>Of a token of ours. An account can outlive its token's place in the configuration: it is then unknown, not unpaid.</summary>
    /// <exception cref="ChainUnverifiedException">Not a token that was checked.</exception>
    public TokenParameters ParametersOf(Address superToken) => Find(superToken)?.Parameters ?? throw new ChainUnverifiedException();

    /// <summary>Completes at the first successful check.</summary>
    public Task WhenVerifiedAsync(CancellationToken cancellationToken) => _verified.Task.WaitAsync(cancellationToken);

    /// <param name="facts">Of a check that found no problem.</param>
    public void Take(DeploymentFacts facts)
    {
        Volatile.Write(ref _facts, facts);
        _verified.TrySetResult();
    }
}
