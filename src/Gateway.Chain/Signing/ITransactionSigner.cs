using Gateway.Domain.Identity;

namespace Gateway.Chain.Signing;

/// <summary>Somebody who can sign for one address: a key in memory, a keystore, a remote vault.</summary>
public interface ITransactionSigner
{
    Address Address { get; }

    Task<Signature> SignAsync(Hash32 digest, CancellationToken cancellationToken);
}

/// <summary>A private key in this process's memory.</summary>
public sealed class PrivateKeySigner : ITransactionSigner
{
    private readonly byte[] _key;

    /// <exception cref="ArgumentException">Not a secp256k1 key.</exception>
    public PrivateKeySigner(ReadOnlySpan<byte> privateKey)
    {
        _key = Secp256k1.CheckPrivateKey(privateKey);
        Address = Secp256k1.AddressOf(_key);
    }

    public Address Address { get; }

    public Task<Signature> SignAsync(Hash32 digest, CancellationToken cancellationToken) => Task.FromResult(Secp256k1.Sign(_key, digest));
}
