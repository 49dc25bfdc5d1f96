using System.CommandLine;
using System.Security.Cryptography;
using Gateway.Chain.Signing;

namespace Gateway.Server.Cli;

/// <summary><c>key new</c>: an operator's key, never shown, in a keystore file.</summary>
internal static class KeyCommands
{
    private const int Failed = 1;

    public static Command Create()
    {
        var keystore = new Argument<FileInfo>("keystore") { Description = "The file to write; it must not exist yet." };
        var password = new Option<FileInfo>("--password-file") { Description = "Its first line encrypts the keystore.", Required = true };
        var create = new Command("new", "Makes a key for the operator, in a keystore v3 file.") { keystore, password };
        create.SetAction((parsed, ct) => NewAsync(parsed.GetRequiredValue(keystore), parsed.GetRequiredValue(password), ct));
        return new Command("key", "The operator's key.") { create };
    }

    private static async Task<int> NewAsync(FileInfo keystore, FileInfo passwordFile, CancellationToken cancellationToken)
    {
        if (keystore.Exists || !passwordFile.Exists)
        {
            await Console.Error.WriteLineAsync(keystore.Exists ? $"{keystore} exists already, and is kept." : $"There is no password file {passwordFile}.");
            return Failed;
        }

        var password = (await File.ReadAllLinesAsync(passwordFile.FullName, cancellationToken)).FirstOrDefault("");
        var key = NewKey();
        await File.WriteAllTextAsync(keystore.FullName, KeystoreV3.Encrypt(key, password), cancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(keystore.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await Console.Out.WriteLineAsync(Eip55.Format(new PrivateKeySigner(key).Address));
        return 0;
    }

    // A random number that is no key (zero, or beyond the curve's order) comes once in 2^128 tries.
    private static byte[] NewKey() => RandomNumberGenerator.GetBytes(32);
}
