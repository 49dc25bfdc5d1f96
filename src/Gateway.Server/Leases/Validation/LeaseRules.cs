using System.Collections.Immutable;
using Gateway.Domain.Leases;
using Gateway.Server.Configuration;
using Gateway.Server.Pricing;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Leases.Validation;

/// <summary>What a request is held against besides its own text: the configured tokens and payees, the price list, and the clock.</summary>
internal sealed class LeaseRules(TokenBook tokens, PriceBook prices, IOptions<GatewayOptions> options, TimeProvider time)
{
    public TokenBook Tokens { get; } = tokens;

    public PriceBook Prices { get; } = prices;

    public ImmutableArray<Payee> DefaultPayees { get; } = PayeeList.Defaults(options.Value);

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>An instant of somebody whose clock may be ahead of ours: what has not come yet is now.</summary>
    public DateTimeOffset NotAhead(DateTimeOffset at) => at > Now ? Now : at;
}
