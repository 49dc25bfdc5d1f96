using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Domain.Identity;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace Gateway.Chain.Signing;

/// <summary>Web3 Secret Storage, version 3: aes-128-ctr under a key from scrypt or pbkdf2, with a Keccak MAC.</summary>
public static class KeystoreV3
{
    /// <summary>Memory that scrypt may ask for (128·N·r bytes): a bound against hostile files.</summary>
    public const long MaxScryptBytes = 1L << 30;

    private const int MaxIterations = 10_000_000;

    /// <summary>The private key.</summary>
    /// <exception cref="KeystoreException">Not a version 3 keystore, parameters beyond all bounds, or the wrong password.</exception>
    public static byte[] Decrypt(string json, string password)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Decrypt(document.RootElement, Encoding.UTF8.GetBytes(password));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            throw new KeystoreException("This is not a version 3 keystore.", e);
        }
    }

    /// <summary>A keystore with scrypt at the standard cost (N = 2^18, about a second and 256 MiB) unless told otherwise.</summary>
    public static string Encrypt(ReadOnlySpan<byte> privateKey, string password, int scryptN = 1 << 18)
    {
        var key = Secp256k1.CheckPrivateKey(privateKey);
        var (salt, iv) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(16));
        var derived = SCrypt.Generate(Encoding.UTF8.GetBytes(password), salt, scryptN, 8, 1, 32);
        var cipher = Crypt(derived, iv, key);
        return new JsonObject
        {
            ["version"] = 3,
            ["id"] = Guid.NewGuid().ToString(),
            ["address"] = Secp256k1.AddressOf(key).ToString()[2..],
            ["crypto"] = new JsonObject
            {
                ["cipher"] = "aes-128-ctr",
                ["cipherparams"] = new JsonObject { ["iv"] = Convert.ToHexStringLower(iv) },
                ["ciphertext"] = Convert.ToHexStringLower(cipher),
                ["kdf"] = "scrypt",
                ["kdfparams"] = new JsonObject { ["n"] = scryptN, ["r"] = 8, ["p"] = 1, ["dklen"] = 32, ["salt"] = Convert.ToHexStringLower(salt) },
                ["mac"] = Convert.ToHexStringLower(Mac(derived, cipher)),
            },
        }.ToJsonString();
    }

    private static byte[] Decrypt(JsonElement file, byte[] password)
    {
        if (file.GetProperty("version").GetInt32() != 3)
            throw new KeystoreException("Only version 3 keystores are read.");
        // Some tools write "Crypto".
        var crypto = file.TryGetProperty("crypto", out var lower) ? lower : file.GetProperty("Crypto");
        if (!string.Equals(crypto.GetProperty("cipher").GetString(), "aes-128-ctr", StringComparison.Ordinal))
            throw new KeystoreException("The cipher is not aes-128-ctr.");

        var cipher = Hex(crypto, "ciphertext");
        var derived = Derive(crypto, password);
        if (!CryptographicOperations.FixedTimeEquals(Mac(derived, cipher), Hex(crypto, "mac")))
            throw new KeystoreException("The password does not open this keystore.");
        var key = Secp256k1.CheckPrivateKey(Crypt(derived, Hex(crypto.GetProperty("cipherparams"), "iv"), cipher));
        if (file.TryGetProperty("address", out var stated) && Address.TryParse("0x" + stated.GetString()?.Replace("0x", "", StringComparison.Ordinal), out var address)
            && address != Secp256k1.AddressOf(key))
            throw new KeystoreException("The keystore states another address than its key has.");
        return key;
    }

    private static byte[] Derive(JsonElement crypto, byte[] password)
    {
        var parameters = crypto.GetProperty("kdfparams");
        var salt = Hex(parameters, "salt");
        var length = parameters.GetProperty("dklen").GetInt32();
        if (length is < 32 or > 1024)
            throw new KeystoreException("The derived key's length is out of bounds.");
        return crypto.GetProperty("kdf").GetString() switch
        {
            "scrypt" => Scrypt(parameters, password, salt, length),
            "pbkdf2" => Pbkdf2(parameters, password, salt, length),
            _ => throw new KeystoreException("The key derivation is neither scrypt nor pbkdf2."),
        };
    }

    private static byte[] Scrypt(JsonElement parameters, byte[] password, byte[] salt, int length)
    {
        var (n, r, p) = (parameters.GetProperty("n").GetInt32(), parameters.GetProperty("r").GetInt32(), parameters.GetProperty("p").GetInt32());
        if (n < 2 || r < 1 || p is < 1 or > 64 || 128L * n * r > MaxScryptBytes)
            throw new KeystoreException("The scrypt cost is out of bounds.");
        return SCrypt.Generate(password, salt, n, r, p, length);
    }

    private static byte[] Pbkdf2(JsonElement parameters, byte[] password, byte[] salt, int length)
    {
        var count = parameters.GetProperty("c").GetInt32();
        if (count is < 1 or > MaxIterations || !string.Equals(parameters.GetProperty("prf").GetString(), "hmac-sha256", StringComparison.Ordinal))
            throw new KeystoreException("pbkdf2 is read with hmac-sha256 and a sensible count only.");
        var generator = new Pkcs5S2ParametersGenerator(new Sha256Digest());
        generator.Init(password, salt, count);
        return ((KeyParameter)generator.GenerateDerivedMacParameters(length * 8)).GetKey();
    }

    private static byte[] Mac(byte[] derived, byte[] cipher) => Keccak.Hash([.. derived.AsSpan(16, 16), .. cipher]);

    // Counter mode is its own inverse.
    private static byte[] Crypt(byte[] derived, byte[] iv, byte[] data)
    {
        var cipher = CipherUtilities.GetCipher("AES/CTR/NoPadding");
        cipher.Init(forEncryption: true, new ParametersWithIV(new KeyParameter(derived, 0, 16), iv));
        return cipher.DoFinal(data);
    }

    private static byte[] Hex(JsonElement parent, string name) => Convert.FromHexString(parent.GetProperty(name).GetString() ?? "");
}
