using System.Collections.Immutable;
using Gateway.Chain.Chains;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;

namespace Gateway.Server.Leases;

/// <summary>The configured super tokens by both of their names. Known without the chain: whether they are what they should be is checked elsewhere, before anything is served.</summary>
internal sealed class TokenBook(ImmutableArray<ListedToken> tokens)
{
    public IEnumerable<string> Symbols => tokens.Select(t => t.Symbol);

    public IReadOnlyDictionary<string, Address> Addresses { get; } = tokens.ToDictionary(t => t.Symbol, t => t.Address, StringComparer.Ordinal);

    /// <summary>By the symbol as configured, or by the super token's address; null where it is neither.</summary>
    public ListedToken? Find(string symbolOrAddress) => Eip55.TryParse(symbolOrAddress, out var address)
        ? tokens.FirstOrDefault(t => t.Address == address)
        : tokens.FirstOrDefault(t => string.Equals(t.Symbol, symbolOrAddress, StringComparison.Ordinal));

    /// <summary>The symbol, or the address of a token that is not configured any more.</summary>
    public string NameOf(Address superToken) => tokens.FirstOrDefault(t => t.Address == superToken)?.Symbol ?? Eip55.Format(superToken);
}
