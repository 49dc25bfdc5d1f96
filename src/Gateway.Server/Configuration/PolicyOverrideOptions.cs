namespace Gateway.Server.Configuration;

/// <summary>What of <see cref="PolicyOptions"/> a token or a payer may have otherwise, in the same bounds. Null: as without it.</summary>
internal class PolicyOverrideOptions
{
    public TimeSpan? PauseMargin { get; set; }

    public TimeSpan? ResumeHysteresis { get; set; }

    public TimeSpan? CloseMargin { get; set; }

    public string? Protect { get; set; }

    public TimeSpan? Grace { get; set; }

    public TimeSpan[]? Warnings { get; set; }

    public TimeSpan? AdmissionRunway { get; set; }

    public TimeSpan? ExposureLimit { get; set; }

    public string? ChainUnreachable { get; set; }

    public TimeSpan? SettlementPatience { get; set; }

    public TimeSpan? DriftTolerance { get; set; }
}

/// <summary>What one payer has otherwise: with every token, and with single ones.</summary>
internal sealed class PayerPolicyOptions : PolicyOverrideOptions
{
    /// <summary>By symbol: goes before what the payer has with every token.</summary>
    public IDictionary<string, PolicyOverrideOptions> Tokens { get; set; } = new Dictionary<string, PolicyOverrideOptions>(StringComparer.Ordinal);
}
