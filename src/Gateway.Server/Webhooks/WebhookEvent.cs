using System.Text.Json.Serialization;

namespace Gateway.Server.Webhooks;

/// <summary>Names of events: a contract with whoever receives them, so they only grow.</summary>
internal static class WebhookEventTypes
{
    public const string RunwayLow = "account.runway_low";
    public const string Recovered = "account.recovered";
    public const string AllowanceLow = "account.allowance_low";
    public const string AllowanceRestored = "account.allowance_restored";
    public const string LeaseFunded = "lease.funded";
    public const string LeasePaused = "lease.paused";
    public const string LeaseResumed = "lease.resumed";
    public const string LeaseTerminated = "lease.terminated";
}

/// <summary>What is sent, as it was when it happened: it is stored with the decision that it tells of, and never computed anew.</summary>
/// <param name="Id">The same however often it is sent.</param>
/// <param name="Data">Of an account or of a lease.</param>
internal sealed record WebhookPayload(string Id, string Type, DateTimeOffset CreatedAt, WebhookData Data);

/// <summary>Figures of the account, and of the lease where it is about one. Amounts are decimal strings in wei, durations are seconds.</summary>
internal sealed record WebhookData
{
    public required string Token { get; init; }

    public required string Payer { get; init; }

    public long? ThresholdSeconds { get; init; }

    /// <summary>Absent: for ever.</summary>
    public ulong? RunwaySeconds { get; init; }

    public DateTimeOffset? CriticalAt { get; init; }

    public string? AvailableBalance { get; init; }

    public string? NetFlowRate { get; init; }

    public string? FlowRateAllowance { get; init; }

    public string? AllowanceNeeded { get; init; }

    public string? LeaseId { get; init; }

    public string? VmId { get; init; }

    public string? Reason { get; init; }

    public DateTimeOffset? UnpaidFrom { get; init; }

    public string? TransactionHash { get; init; }

    public string? BufferLost { get; init; }

    public string? Detail { get; init; }
}

/// <summary>An event on its way.</summary>
/// <param name="Json">Exactly what is signed and sent.</param>
internal sealed record WebhookEvent(string Id, string Type, DateTimeOffset CreatedAt, string Json, int Attempts = 0, string? LastError = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WebhookPayload))]
internal sealed partial class WebhookJson : JsonSerializerContext;
