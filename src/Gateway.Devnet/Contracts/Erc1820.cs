using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Gateway.Devnet.Anvil;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Devnet.Contracts;

/// <summary>The registry that super tokens ask for hooks of ERC-777. It stands at the same address on every chain, by a transaction that nobody has a key for.</summary>
internal static class Erc1820
{
    private static readonly Address Registry = Address.Parse("0x1820a4b7618bde71dce8cdc73aab6c95905fad24");
    private static readonly Address Sender = Address.Parse("0xa990077c3205cbdf861e17fa532eeb069ce9ff96");
    private static readonly Wei Fee = Wei.From(BigInteger.Parse("11c37937e080000", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    /// <summary>Since its transaction can be mined only once, a second framework on the same chain shares it.</summary>
    public static async Task<bool> IsThereAsync(AnvilProcess anvil, CancellationToken cancellationToken) =>
        (await anvil.Rpc.GetCodeAsync(Registry, await anvil.Rpc.GetBlockNumberAsync(cancellationToken), cancellationToken)).Length > 0;

    /// <summary>The signed transaction of EIP-1820, its sender given what it costs. Its gas price is 100 gwei: the base fee must be below.</summary>
    public static async Task<byte[]> TransactionAsync(AnvilProcess anvil, string package, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(Path.Combine(package, "dev-scripts", "artifacts", "ERC1820Registry.json"));
        using var json = await JsonDocument.ParseAsync(file, cancellationToken: cancellationToken);
        var code = json.RootElement.GetProperty("bin").GetString()!; // The file is pinned by the lock file's hash.
        await anvil.Control.SetBalanceAsync(Sender, Fee, cancellationToken);
        var signature = string.Concat(Enumerable.Repeat("1820", 16));
        return Convert.FromHexString($"f90a388085174876e800830c35008080b909e5{code}1ba0{signature}a0{signature}");
    }
}
