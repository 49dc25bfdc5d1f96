using System.Numerics;
using Gateway.Chain.Rlp;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Transactions;

/// <summary>A transaction of type 2 (EIP-1559) with an empty access list.</summary>
/// <param name="To">Null creates a contract.</param>
public sealed record Eip1559Transaction(
    ChainId ChainId, Nonce Nonce, Wei MaxPriorityFeePerGas, Wei MaxFeePerGas, ulong GasLimit, Address? To, Wei Value, byte[] Data)
{
    private const byte Type = 2;
    private const int UnsignedFields = 9;

    /// <summary>What the signer signs.</summary>
    public Hash32 SigningHash() => Hash32.FromBytes(Keccak.Hash([Type, .. RlpCodec.Encode(RlpItem.ListOf([.. Fields()]))]));

    /// <summary>The bytes that go over the wire, and the hash they will be known by.</summary>
    public SignedTransaction With(Signature signature)
    {
        RlpItem[] fields = [.. Fields(), RlpItem.Of(signature.IsYOdd ? 1 : 0), RlpItem.Of(signature.R), RlpItem.Of(signature.S)];
        byte[] raw = [Type, .. RlpCodec.Encode(RlpItem.ListOf(fields))];
        return new SignedTransaction(raw, Hash32.FromBytes(Keccak.Hash(raw)));
    }

    public async Task<SignedTransaction> SignAsync(ITransactionSigner signer, CancellationToken cancellationToken) =>
        With(await signer.SignAsync(SigningHash(), cancellationToken));

    /// <summary>Reads signed bytes back: what is stored before it is sent must be what was meant.</summary>
    /// <exception cref="RlpException">Not a signed transaction of this type, or one with an access list.</exception>
    public static (Eip1559Transaction Transaction, Signature Signature) Decode(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty || raw[0] != Type || RlpCodec.Decode(raw[1..]) is not RlpItem.Sequence { Items: { Length: UnsignedFields + 3 } items })
            throw new RlpException("Not a signed transaction of type 2.");
        if (items[8] is not RlpItem.Sequence { Items.IsEmpty: true })
            throw new RlpException("Access lists are not used here.");

        var to = Bytes(items[5]);
        if (to.Length is not (0 or Address.Size))
            throw new RlpException("A recipient has 20 bytes, or none.");
        var transaction = new Eip1559Transaction(
            new ChainId(Small(items[0])),
            new Nonce(Small(items[1])),
            Amount(items[2]),
            Amount(items[3]),
            Small(items[4]),
            to.Length == 0 ? null : Address.FromBytes(to),
            Amount(items[6]),
            Bytes(items[7]));
        var parity = Small(items[9]);
        return parity <= 1
            ? (transaction, new Signature(Amount(items[10]).Value, Amount(items[11]).Value, parity == 1))
            : throw new RlpException("A parity is 0 or 1.");
    }

    private IEnumerable<RlpItem> Fields() =>
    [
        RlpItem.Of(ChainId.Value),
        RlpItem.Of(Nonce.Value),
        RlpItem.Of(MaxPriorityFeePerGas.Value),
        RlpItem.Of(MaxFeePerGas.Value),
        RlpItem.Of(GasLimit),
        RlpItem.Of(To?.ToBytes() ?? []),
        RlpItem.Of(Value.Value),
        RlpItem.Of(Data),
        RlpItem.ListOf(),
    ];

    private static byte[] Bytes(RlpItem item) => item is RlpItem.Text text ? [.. text.Bytes] : throw new RlpException("A list stands where bytes belong.");

    private static BigInteger Integer(RlpItem item, int bits)
    {
        var value = item is RlpItem.Text text ? text.ToInteger() : throw new RlpException("A list stands where a number belongs.");
        return value < BigInteger.One << bits ? value : throw new RlpException($"A number has more than {bits} bits.");
    }

    private static ulong Small(RlpItem item) => (ulong)Integer(item, 64);

    private static Wei Amount(RlpItem item) => Wei.From(Integer(item, 256));
}

/// <summary>Signed bytes: once they have left this process they may be mined at any time until their nonce is used.</summary>
public sealed record SignedTransaction(byte[] Raw, Hash32 Hash);
