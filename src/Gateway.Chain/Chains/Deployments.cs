using System.Collections.Immutable;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Chains;

/// <summary>The public deployments (npm @superfluid-finance/metadata 1.6.4, superfluid-org/tokenlist@6879c60).</summary>
public static class Deployments
{
    public static readonly Deployment AvalancheC = new(
        "Avalanche C-Chain",
        new ChainId(43114),
        new SuperfluidContracts(
            Host: Address.Parse("0x60377C7016E4cdB03C87EF474896C11cB560752C"),
            Cfa: Address.Parse("0x6946c5B38Ffea373b0a2340b4AEf0De8F6782e58"),
            Gda: Address.Parse("0xA7b197cD5b0cEF6d62c4A0a851E3581f5E62e4D2"),
            CfaForwarder: Address.Parse("0xcfA132E353cB4E398080B9700609bb008eceB125")),
        new BlockNumber(14_700_000),
        [
            Token("ALEPH", "0xc0Fbc4967259786C743361a5885ef49380473dCF"),
            Token("USDCx", "0x288398f314d472B82C44855F3F6fF20b633C2A97"),
            Token("USDtx", "0xdf37ee57B2efD215A6a8329D6b8B72064F09BBD0"),
            Token("AVAXx", "0xBE916845D8678b5d2F7aD79525A62D7c08ABba7e"),
        ],
        new Dictionary<Address, string>
        {
            [Address.Parse("0xF7AfF590E9DE493D7ACb421Fca7f1E35C1ad4Ce5")] = "flow scheduler",
            [Address.Parse("0x3fA8B653F9abf91428800C0ba0F8D145a71F97A1")] = "vesting scheduler",
            [Address.Parse("0xB84C98d9B51D0e32114C60C500e17eA79dfd0dAf")] = "vesting scheduler",
            [Address.Parse("0x3b387638a5d33aE8772715642A21345f23Af824c")] = "batch liquidator",
        }.ToImmutableDictionary());

    public static readonly Deployment Fuji = new(
        "Avalanche Fuji",
        new ChainId(43113),
        new SuperfluidContracts(
            Host: Address.Parse("0x85Fe79b998509B77BF10A8BD4001D58475D29386"),
            Cfa: Address.Parse("0x16843ac25Ccc58Aa7960ba05f61cBB17b36b130A"),
            Gda: Address.Parse("0x51f571D934C59185f13d17301a36c07A2268B814"),
            CfaForwarder: Address.Parse("0x2CDd45c5182602a36d391F7F16DD9f8386C3bD8D")),
        new BlockNumber(3_220_000),
        [
            Token("ALEPH", "0x1290248e01ED2F9f863A9752A8aAd396ef3a1B00"),
            Token("fUSDCx", "0x00d05Eed85Bad962bA5237DD4aFFF12004455a8a"),
            Token("fDAIx", "0x24f3631dbbf6880c684c5e59578c21194e285Baf"),
            Token("AVAXx", "0xfFD0f6d73ee52c68BF1b01C8AfA2529C97ca17F3"),
        ],
        new Dictionary<Address, string>
        {
            [Address.Parse("0x85AfCf531aF1a853AC65F6bfa4de99C742B8e432")] = "batch liquidator",
        }.ToImmutableDictionary());

    public static readonly ImmutableArray<Deployment> All = [AvalancheC, Fuji];

    private static ListedToken Token(string symbol, string address) => new(symbol, Address.Parse(address));
}
