using Gateway.Server.Configuration;

namespace Gateway.Server.Webhooks;

/// <summary><c>Gateway:Webhooks</c>: who is told of warnings, pauses and terminations by HTTP.</summary>
internal sealed class WebhookOptions
{
    public const string Section = "Gateway:Webhooks";

    /// <summary>http or https. Empty: nobody is told, and nothing is kept for it. The customer service's own address, so it may lie in a private network.</summary>
    public string Url { get; set; } = "";

    /// <summary>Longest time that one try may take. 100 ms to 1 min, default 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an event that nobody takes is tried again. 1 min to 30 days, default 2 days.</summary>
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(2);

    public bool IsOn => !string.IsNullOrWhiteSpace(Url);
}

/// <summary>Apart from the rest, so that nothing that shows options shows it.</summary>
internal sealed class WebhookSecret
{
    /// <summary>Key of the signature. At least 16 characters where a URL is set.</summary>
    public string Secret { get; set; } = "";
}

internal sealed class WebhookOptionsValidator(Microsoft.Extensions.Options.IOptions<WebhookSecret> secret) : SectionValidator<WebhookOptions>(WebhookOptions.Section)
{
    private const int ShortestSecret = 16;

    protected override void Check(WebhookOptions options, OptionsProblems problems)
    {
        problems.InRange(nameof(options.Timeout), options.Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        problems.InRange(nameof(options.GiveUpAfter), options.GiveUpAfter, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30));
        if (!options.IsOn)
            return;
        problems.Url(nameof(options.Url), options.Url, "http", "https");
        if (secret.Value.Secret.Length < ShortestSecret)
            problems.Add(nameof(WebhookSecret.Secret), $"at least {ShortestSecret} characters are required where Url is set: whoever receives an event tells by it that it is ours.");
    }
}
