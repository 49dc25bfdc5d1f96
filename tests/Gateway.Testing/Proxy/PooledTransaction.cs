using System.Numerics;
using Gateway.Chain.Rlp;
using Gateway.Chain.Signing;
using Gateway.Chain.Transactions;
using Gateway.Domain.Identity;

namespace Gateway.Testing.Proxy;

/// <summary>A transaction in a node's pool.</summary>
/// <param name="Raw">As it was sent, in hex.</param>
internal sealed record PooledTransaction(
    string Raw, Hash32 Hash, Address Sender, Nonce Nonce, BigInteger Tip, BigInteger FeeCap, ulong GasLimit, DateTimeOffset At)
{
    /// <summary>The chain behind the proxy has it: it may be in the next block.</summary>
    public bool IsOnItsWay { get; set; }

    /// <returns>Null for what is no transaction of type 2: the node behind the proxy judges it.</returns>
    public static PooledTransaction? Read(string raw, DateTimeOffset now)
    {
        try
        {
            var bytes = Convert.FromHexString(raw.AsSpan(2));
            var (transaction, signature) = Eip1559Transaction.Decode(bytes);
            return Secp256k1.Recover(transaction.SigningHash(), signature) is { } sender
                ? new PooledTransaction(
                    raw,
                    Hash32.FromBytes(Keccak.Hash(bytes)),
                    sender,
                    transaction.Nonce,
                    transaction.MaxPriorityFeePerGas.Value,
                    transaction.MaxFeePerGas.Value,
                    transaction.GasLimit,
                    now)
                : null;
        }
        catch (Exception e) when (e is RlpException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether it may take the place of another one of its nonce (<see cref="CorethRules.PriceBumpSource"/>).</summary>
    public bool Outbids(PooledTransaction old, int priceBump) =>
        FeeCap > old.FeeCap && Tip > old.Tip
        && FeeCap >= old.FeeCap * (100 + priceBump) / 100
        && Tip >= old.Tip * (100 + priceBump) / 100;
}
