using Gateway.Domain.Identity;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Configuration;

/// <summary>Exactly one source of the operator's key; the key itself is never part of a message.</summary>
internal sealed class OperatorOptionsValidator(IOptions<OperatorSecrets> secrets) : SectionValidator<OperatorOptions>(OperatorOptions.Section)
{
    protected override void Check(OperatorOptions options, OptionsProblems problems)
    {
        var hasKeystore = !string.IsNullOrEmpty(options.KeystorePath);
        var hasKey = !string.IsNullOrEmpty(secrets.Value.PrivateKey);
        if (!hasKeystore && !hasKey)
            problems.Add(nameof(options.KeystorePath), "is required (or, on a devnet only, PrivateKey).");
        if (hasKeystore && hasKey)
            problems.Add(nameof(secrets.Value.PrivateKey), "stands beside KeystorePath: exactly one of them.");
        if (hasKeystore && !File.Exists(options.KeystorePath))
            problems.Add(nameof(options.KeystorePath), $"there is no file '{options.KeystorePath}'.");
        if (hasKeystore && !File.Exists(options.PasswordFile))
            problems.Add(nameof(options.PasswordFile), string.IsNullOrEmpty(options.PasswordFile) ? "is required with KeystorePath." : $"there is no file '{options.PasswordFile}'.");
        // A private key has the shape of a hash: 32 bytes.
        if (hasKey && !Hash32.TryParse(secrets.Value.PrivateKey, out _))
            problems.Add(nameof(secrets.Value.PrivateKey), "is not 0x and 64 hex digits.");
    }
}
