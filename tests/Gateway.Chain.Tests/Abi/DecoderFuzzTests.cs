using Gateway.Chain.Abi;
using Gateway.Chain.Rlp;
using Gateway.Chain.Signing;
using Gateway.Chain.Tests.Vectors;
using Gateway.Chain.Transactions;
using Xunit;

namespace Gateway.Chain.Tests.Abi;

/// <summary>Whatever a node sends: a value or the decoder's own exception, never another one, never a hang.</summary>
public sealed class DecoderFuzzTests
{
    private const int Rounds = 40;

    [Fact]
    public void Mutated_abi_never_escapes_its_exception()
    {
        var random = new Random(1);
        foreach (var vector in VectorFile.Read("abi", expected: 900))
        {
            AbiType[] types = [.. vector.GetProperty("types").EnumerateArray().Select(t => AbiType.Parse(t.GetString()!))];
            for (var i = 0; i < Rounds; i++)
                Attempt<AbiException>(() => AbiDecoder.Decode(types, Mutate(vector.Bytes("encoded"), random)));
        }
    }

    [Fact]
    public void Random_bytes_never_escape_the_decoders()
    {
        var random = new Random(2);
        AbiType[] types = [AbiType.Parse("(uint32,address,bytes)[]"), AbiType.Parse("string"), AbiType.Parse("int96[][3]"), AbiType.Parse("()[]")];
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(300)];
            random.NextBytes(bytes);
            Attempt<AbiException>(() => AbiDecoder.Decode(types, bytes));
            Attempt<RlpException>(() => RlpCodec.Decode(bytes));
            Attempt<RlpException>(() => Eip1559Transaction.Decode([2, .. bytes]));
        }
    }

    [Fact]
    public void Mutated_transactions_never_escape_their_exception()
    {
        var random = new Random(3);
        foreach (var vector in VectorFile.Read("transactions", expected: 300))
        {
            for (var i = 0; i < Rounds; i++)
                Attempt<RlpException>(() => Eip1559Transaction.Decode(Mutate(vector.Bytes("raw"), random)));
        }
    }

    [Fact]
    public void Mutated_keystores_and_typed_data_never_escape_their_exceptions()
    {
        var random = new Random(4);
        foreach (var vector in VectorFile.Read("keystores", expected: 12).Skip(1))
        {
            for (var i = 0; i < Rounds; i++)
                Attempt<KeystoreException>(() => KeystoreV3.Decrypt(Garble(CheapOf(vector.Text("json")), random), "wrong"));
        }

        foreach (var vector in VectorFile.Read("typed-data", expected: 150))
        {
            for (var i = 0; i < Rounds; i++)
                Attempt<Eip712Exception>(() => Eip712.Hash(Garble(vector.GetProperty("payload").GetRawText(), random)));
        }
    }

    [Fact]
    public void A_length_alone_costs_no_memory()
    {
        // One word says "a hundred million empty tuples".
        byte[] claim = AbiEncoder.Encode([AbiType.Parse("uint256"), AbiType.Parse("uint256")], [32, 100_000_000]);
        Assert.Throws<AbiException>(() => AbiDecoder.Decode([AbiType.Parse("()[]")], claim));

        // Every word is a length and an offset at once: 32 arrays of 32 arrays of 32 …, in three kilobytes.
        byte[] bomb = AbiEncoder.Encode([AbiType.Parse("uint8[100]")], [Enumerable.Repeat<object>(32, 100).ToArray()]);
        Assert.Throws<AbiException>(() => AbiDecoder.Decode([AbiType.Parse("uint8[][][][][][][][][]")], bomb));
    }

    // The cost of scrypt is not what is tested here.
    private static string CheapOf(string json) => System.Text.RegularExpressions.Regex.Replace(
        json, "\"n\":\\d+", "\"n\":2", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        if (bytes.Length == 0)
            return bytes;
        for (var i = random.Next(1, 6); i > 0; i--)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    private static string Garble(string text, Random random)
    {
        var at = random.Next(text.Length);
        return random.Next(3) switch
        {
            0 => text[..at],
            1 => text.Remove(at, 1),
            _ => text[..at] + (char)random.Next(32, 127) + text[(at + 1)..],
        };
    }

    private static void Attempt<TExpected>(Action decode)
        where TExpected : Exception
    {
        try
        {
            decode();
        }
        catch (TExpected)
        {
            // The decoder's own word for "this is not one of mine".
        }
    }
}
