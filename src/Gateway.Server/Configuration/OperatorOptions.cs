namespace Gateway.Server.Configuration;

/// <summary><c>Gateway:Operator</c>: whom customers authorise. Exactly one source of the key.</summary>
internal sealed class OperatorOptions
{
    public const string Section = "Gateway:Operator";

    /// <summary>A keystore v3 file.</summary>
    public string? KeystorePath { get; set; }

    /// <summary>A file whose first line is the keystore's password.</summary>
    public string? PasswordFile { get; set; }
}

/// <summary>The part of <c>Gateway:Operator</c> that is never logged, never shown by the banner and never serialised.</summary>
internal sealed class OperatorSecrets
{
    /// <summary>A raw private key, "0x" and 64 hex digits. For the devnet only: it gets a loud warning.</summary>
    public string? PrivateKey { get; set; }

    public override string ToString() => "***";
}
