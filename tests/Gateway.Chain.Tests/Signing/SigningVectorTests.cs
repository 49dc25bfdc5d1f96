using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Gateway.Chain.Rlp;
using Gateway.Chain.Signing;
using Gateway.Chain.Tests.Vectors;
using Gateway.Chain.Transactions;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Xunit;

namespace Gateway.Chain.Tests.Signing;

public sealed class SigningVectorTests
{
    [Fact]
    public async Task Every_transaction_is_signed_to_the_byte_as_ethers_signs_it()
    {
        foreach (var vector in VectorFile.Read("transactions", expected: 300))
        {
            var transaction = Transaction(vector);
            Assert.Equal(vector.Text("signingHash"), transaction.SigningHash().ToString());

            var signer = new PrivateKeySigner(vector.Bytes("privateKey"));
            var signed = await transaction.SignAsync(signer, TestContext.Current.CancellationToken);
            Assert.Equal(vector.Text("from"), Eip55.Format(signer.Address));
            Assert.Equal(vector.Text("raw"), VectorFile.ToHex(signed.Raw));
            Assert.Equal(vector.Text("hash"), signed.Hash.ToString());

            var (read, signature) = Eip1559Transaction.Decode(signed.Raw);
            Assert.Equal(transaction with { Data = [] }, read with { Data = [] });
            Assert.Equal(transaction.Data, read.Data);
            Assert.Equal(signer.Address, Secp256k1.Recover(read.SigningHash(), signature));
        }
    }

    [Fact]
    public void Every_message_is_hashed_and_signed_as_ethers_does()
    {
        foreach (var vector in VectorFile.Read("messages", expected: 100))
        {
            var hash = Eip191.Hash(vector.Bytes("message"));
            Assert.Equal(vector.Text("hash"), hash.ToString());
            Assert.Equal(vector.Text("signature"), VectorFile.ToHex(Secp256k1.Sign(vector.Bytes("privateKey"), hash).ToMessageBytes()));
        }
    }

    [Fact]
    public void Every_typed_document_is_hashed_and_signed_as_ethers_does()
    {
        foreach (var vector in VectorFile.Read("typed-data", expected: 150))
        {
            var hash = Eip712.Hash(vector.GetProperty("payload").GetRawText());
            Assert.Equal(vector.Text("hash"), hash.ToString());
            Assert.Equal(vector.Text("signature"), VectorFile.ToHex(Secp256k1.Sign(vector.Bytes("privateKey"), hash).ToMessageBytes()));
        }
    }

    [Fact]
    public void Every_checksum_is_made_and_verified_and_one_flipped_letter_is_refused()
    {
        foreach (var vector in VectorFile.Read("checksums", expected: 200))
        {
            var text = vector.Text("checked");
            Assert.Equal(text, Eip55.Format(Address.Parse(vector.Text("lower"))));
            Assert.True(Eip55.TryParse(text, out _));
            Assert.True(Eip55.TryParse(vector.Text("lower"), out _));

            var letter = text.AsSpan(2).IndexOfAnyInRange('a', 'f') + 2;
            var flipped = text[..letter] + char.ToUpperInvariant(text[letter]) + text[(letter + 1)..];
            var carriesChecksum = flipped.AsSpan(2).ContainsAnyInRange('a', 'f') && flipped.AsSpan(2).ContainsAnyInRange('A', 'F');
            Assert.Equal(!carriesChecksum, Eip55.TryParse(flipped, out _));
        }
    }

    [Fact]
    public void Every_keystore_opens_with_its_password_and_with_no_other()
    {
        foreach (var vector in VectorFile.Read("keystores", expected: 12))
        {
            Assert.Equal(vector.Text("privateKey"), VectorFile.ToHex(KeystoreV3.Decrypt(vector.Text("json"), vector.Text("password"))));
            var refused = Assert.Throws<KeystoreException>(() => KeystoreV3.Decrypt(vector.Text("json"), vector.Text("password") + "x"));
            Assert.Equal("The password does not open this keystore.", refused.Message);
        }
    }

    [Fact]
    public void A_keystore_of_ours_opens_again_and_so_does_one_with_pbkdf2()
    {
        var key = Convert.FromHexString("7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d");
        Assert.Equal(key, KeystoreV3.Decrypt(KeystoreV3.Encrypt(key, "secret", scryptN: 1024), "secret"));

        // The pbkdf2 example of the Web3 Secret Storage definition.
        const string Pbkdf2 = """
            {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
            "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
            "kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
            "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
            """;
        Assert.Equal(key, KeystoreV3.Decrypt(Pbkdf2, "testpassword"));
    }

    [Fact]
    public void Every_rlp_vector_encodes_and_decodes_as_ethers_does()
    {
        foreach (var vector in VectorFile.Read("rlp", expected: 300))
        {
            var item = Item(vector.GetProperty("value"));
            Assert.Equal(vector.Text("encoded"), VectorFile.ToHex(RlpCodec.Encode(item)));
            Assert.Equal(vector.Text("encoded"), VectorFile.ToHex(RlpCodec.Encode(RlpCodec.Decode(vector.Bytes("encoded")))));
        }
    }

    [Theory]
    [InlineData("8100")] // a low byte with a prefix
    [InlineData("b800")] // a long form of a short length
    [InlineData("b90038")] // a length with a leading zero
    [InlineData("c0c0")] // something behind the end
    [InlineData("c2")] // nothing where something was announced
    public void Rlp_in_any_but_the_shortest_form_is_refused(string hex) =>
        Assert.Throws<RlpException>(() => RlpCodec.Decode(Convert.FromHexString(hex)));

    private static RlpItem Item(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? RlpItem.ListOf([.. value.EnumerateArray().Select(Item)])
        : RlpItem.Of(VectorFile.FromHex(value.GetString()!));

    private static Eip1559Transaction Transaction(JsonElement vector)
    {
        BigInteger Big(string name) => BigInteger.Parse(vector.Text(name), NumberStyles.None, CultureInfo.InvariantCulture);
        var to = vector.GetProperty("to").GetString();
        return new Eip1559Transaction(
            new ChainId((ulong)Big("chainId")),
            new Nonce(vector.GetProperty("nonce").GetUInt64()),
            Wei.From(Big("tip")),
            Wei.From(Big("maxFee")),
            (ulong)Big("gasLimit"),
            to is null ? null : Address.Parse(to),
            Wei.From(Big("value")),
            vector.Bytes("data"));
    }
}
