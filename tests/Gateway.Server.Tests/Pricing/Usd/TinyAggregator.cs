using System.Globalization;
using System.Numerics;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Xunit;

namespace Gateway.Server.Tests.Pricing.Usd;

/// <summary>A price aggregator of a few instructions: answers latestRoundData and decimals with the six words that it was last called with.</summary>
internal sealed class TinyAggregator(DevnetChain chain, Address address)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly byte[] Code = Convert.FromHexString(string.Concat(
        "36", "6004", "10", "603f", "57", // more than a selector? go to 0x3f
        "5f35", "60e0", "1c", "63313ce567", "14", "6035", "57", // decimals()? go to 0x35
        "5f545f52", "6001546020" + "52", "6002546040" + "52", "6003546060" + "52", "6004546080" + "52", "60a05ff3", // return slots 0 to 4
        "5b", "6005545f52", "60205ff3", // 0x35: return slot 5
        "5b", "5f355f55", "602035600155", "604035600255", "606035600355", "608035600455", "60a035600555", "00")); // 0x3f: keep six words

    public Address Address { get; } = address;

    /// <param name="seed">Of its address.</param>
    public static async Task<TinyAggregator> DeployAsync(DevnetChain chain, int seed)
    {
        var address = Address.Parse("0x" + (0xa66e0000 + seed).ToString("x40", CultureInfo.InvariantCulture));
        await chain.Anvil.Control.SetCodeAsync(address, Code, Cancellation);
        return new TinyAggregator(chain, address);
    }

    public async Task SetAsync(BigInteger answer, DateTimeOffset? updatedAt, int decimals = 8, int round = 7, int answeredIn = 7)
    {
        BigInteger[] words = [round, answer, 0, updatedAt?.ToUnixTimeSeconds() ?? 0, answeredIn, decimals];
        var receipt = await chain.Sender.CallAsync(Governor(chain), Address, [.. words.SelectMany(Word)], Cancellation);
        Assert.True(receipt.Succeeded);
    }

    private static DevAccount Governor(DevnetChain chain) => chain.Accounts.Governor;

    private static byte[] Word(BigInteger value)
    {
        var bytes = value.ToByteArray(isBigEndian: true);
        return [.. Enumerable.Repeat(value.Sign < 0 ? (byte)0xff : (byte)0, 32 - bytes.Length), .. bytes];
    }
}
