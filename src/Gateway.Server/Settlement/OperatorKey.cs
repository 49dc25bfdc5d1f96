using Gateway.Chain.Signing;
using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Settlement;

/// <summary>Opens the operator's key: whom customers authorise, and who pays the gas.</summary>
internal sealed partial class OperatorKey(IOptions<OperatorOptions> options, IOptions<OperatorSecrets> secrets, ILogger<OperatorKey> logger)
{
    /// <exception cref="OptionsValidationException">It cannot be opened; the message names the option, never a secret.</exception>
    public ITransactionSigner Open()
    {
        // Reading it also checks that there is exactly one source.
        var keystore = options.Value.KeystorePath;
        if (!string.IsNullOrEmpty(keystore))
            return new PrivateKeySigner(Decrypt(keystore, options.Value.PasswordFile ?? ""));

        var signer = OfRawKey(secrets.Value.PrivateKey ?? "");
        LogRawKey(signer.Address.ToString());
        return signer;
    }

    private static byte[] Decrypt(string keystore, string passwordFile)
    {
        var password = Read(nameof(OperatorOptions.PasswordFile), passwordFile).Split('\n')[0].TrimEnd('\r');
        try
        {
            return KeystoreV3.Decrypt(Read(nameof(OperatorOptions.KeystorePath), keystore), password);
        }
        catch (KeystoreException e)
        {
            throw Problem(nameof(OperatorOptions.KeystorePath), $"'{keystore}' does not open with the password in '{passwordFile}': {e.Message}");
        }
    }

    private static PrivateKeySigner OfRawKey(string hex)
    {
        try
        {
            return new PrivateKeySigner(Convert.FromHexString(hex.AsSpan(2)));
        }
        catch (ArgumentException)
        {
            // 32 bytes, but zero or beyond the curve's order. Its own words might show the key.
            throw Problem(nameof(OperatorSecrets.PrivateKey), "is not a secp256k1 key.");
        }
    }

    private static string Read(string option, string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Problem(option, $"'{path}' cannot be read: {e.Message}");
        }
    }

    private static OptionsValidationException Problem(string option, string what) =>
        new(OperatorOptions.Section, typeof(OperatorOptions), [$"{OperatorOptions.Section}:{option}: {what}"]);

    [LoggerMessage(
        EventId = 7101,
        Level = LogLevel.Warning,
        Message = "THE KEY OF {Operator} STANDS IN THE CONFIGURATION. Whoever reads it can stream every authorised customer's funds away. For a devnet only; elsewhere use a keystore.")]
    private partial void LogRawKey(string @operator);
}
