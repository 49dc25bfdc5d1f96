using System.Globalization;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;

namespace Gateway.Devnet.Accounts;

/// <summary>An account of the devnet with its key, which everybody knows: it comes from role and number alone. Never of any worth on a real chain.</summary>
internal sealed class DevAccount
{
    private DevAccount(string role, Hash32 privateKey)
    {
        Role = role;
        PrivateKey = privateKey;
        Signer = new PrivateKeySigner(privateKey.ToBytes());
    }

    /// <summary>"payer", "payee", "community", "operator", "governor".</summary>
    public string Role { get; }

    /// <summary>A private key has the shape of a hash: 32 bytes.</summary>
    public Hash32 PrivateKey { get; }

    public Address Address => Signer.Address;

    public ITransactionSigner Signer { get; }

    /// <summary>The same account for the same role and number, at every start and on every machine.</summary>
    public static DevAccount Of(string role, int number = 0) =>
        new(role, Hash32.FromBytes(Keccak.HashText(string.Create(CultureInfo.InvariantCulture, $"superfluid-gateway devnet {role} {number}"))));

    public override string ToString() => $"{Role} {Address}";
}
