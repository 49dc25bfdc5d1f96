using System.Numerics;
using Gateway.Chain.Abi;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Prices;

/// <summary>One answer of a price aggregator.</summary>
/// <param name="Answer">In its own decimals; may be anything.</param>
/// <param name="UpdatedAt">0: the round is not finished.</param>
/// <param name="AnsweredInRound">Below <paramref name="Round"/>: carried over from an older round.</param>
public sealed record AggregatorRound(BigInteger Round, BigInteger Answer, BigInteger UpdatedAt, BigInteger AnsweredInRound);

/// <summary>AggregatorV3Interface, as Chainlink's feeds have it: what a token is worth in US dollars.</summary>
public static class AggregatorViews
{
    private static readonly ContractAbi Abi = ContractAbi.Load("AggregatorV3Interface");

    public static ChainView<AggregatorRound> LatestRound(Address aggregator) => new(
        aggregator, Abi.Function("latestRoundData"), [], v => new AggregatorRound((BigInteger)v[0], (BigInteger)v[1], (BigInteger)v[3], (BigInteger)v[4]));

    public static ChainView<int> Decimals(Address aggregator) => new(aggregator, Abi.Function("decimals"), [], v => (int)(BigInteger)v[0]);
}
