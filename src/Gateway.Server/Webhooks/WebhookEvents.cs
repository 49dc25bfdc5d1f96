using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Chain.Signing;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Webhooks;

/// <summary>What of a decision is told by HTTP: stored in the script that stores the decision, so that a crash loses neither without the other.</summary>
internal sealed class WebhookEvents(IOptions<WebhookOptions> options)
{
    /// <param name="version">Of the account, once the decision is stored: with it an event has the same id however often the commit is tried.</param>
    public IReadOnlyList<WebhookEvent> Of(AccountKey account, ulong version, IReadOnlyList<Effect> effects, DateTimeOffset now)
    {
        if (!options.Value.IsOn)
            return [];
        var events = new List<WebhookEvent>();
        foreach (var (type, data) in effects.Select(e => Tell(account, e)).OfType<(string Type, WebhookData Data)>())
        {
            var id = IdOf(account, version, events.Count);
            events.Add(new WebhookEvent(id, type, now, JsonSerializer.Serialize(new WebhookPayload(id, type, now, data), WebhookJson.Default.WebhookPayload)));
        }

        return events;
    }

    private static (string Type, WebhookData Data)? Tell(AccountKey account, Effect effect) => effect switch
    {
        Effect.Warn { Warning: var warning } => (TypeOf(warning.Kind), DataOf(account, warning)),
        Effect.IssueDirective directive when TypeOf(directive) is { } type => (type, DataOf(account, directive)),
        _ => null,
    };

    private static string TypeOf(WarningKind kind) => kind switch
    {
        WarningKind.RunwayLow => WebhookEventTypes.RunwayLow,
        WarningKind.Recovered or WarningKind.Unspecified => WebhookEventTypes.Recovered,
        WarningKind.AllowanceLow => WebhookEventTypes.AllowanceLow,
        WarningKind.AllowanceRestored => WebhookEventTypes.AllowanceRestored,
    };

    private static string? TypeOf(Effect.IssueDirective directive) => directive.Execution switch
    {
        Execution.Run => directive.Reason == Reason.Recovered ? WebhookEventTypes.LeaseResumed : WebhookEventTypes.LeaseFunded,
        Execution.Pause => WebhookEventTypes.LeasePaused,
        Execution.Terminate => WebhookEventTypes.LeaseTerminated,
        Execution.Wait or Execution.Unspecified => null,
    };

    private static WebhookData DataOf(AccountKey account, AccountWarning warning) => Data(account) with
    {
        ThresholdSeconds = warning.Threshold is { } threshold ? (long)threshold.TotalSeconds : null,
        RunwaySeconds = warning.Runway.Seconds,
        CriticalAt = warning.Health.CriticalAt?.ToDateTimeOffset(),
        AvailableBalance = warning.Health.AvailableBalance.ToDecimal(),
        NetFlowRate = warning.Health.NetFlowRate.ToDecimal(),
        FlowRateAllowance = warning.Allowance.ToDecimal(),
        AllowanceNeeded = warning.AllowanceNeeded.ToDecimal(),
    };

    private static WebhookData DataOf(AccountKey account, Effect.IssueDirective directive) => Data(account) with
    {
        LeaseId = directive.Lease.Value,
        VmId = directive.VmId,
        Reason = Leases.WireEnums.Name(directive.Reason),
        UnpaidFrom = directive.UnpaidFrom,
        TransactionHash = directive.Evidence?.TransactionHash?.ToString(),
        BufferLost = directive.Evidence?.BufferLost?.ToDecimal(),
        Detail = directive.Evidence?.Detail,
    };

    private static WebhookData Data(AccountKey account) => new() { Token = Eip55.Format(account.SuperToken), Payer = Eip55.Format(account.Payer) };

    private static string IdOf(AccountKey account, ulong version, int index)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{account}:{version}:{index}");
        return "evt_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)))[..32];
    }
}
