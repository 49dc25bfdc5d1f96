using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Configuration;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Settlement;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>How settlement stands, and what of it may be set by hand.</summary>
internal sealed partial class SettlementHand(LaneStatus status, LimitsWatch limits, SettlementSignal settlement, ILogger<SettlementHand> logger)
{
    private const long WeiPerNavax = 1_000_000_000;

    public async Task<Wire.Settlement> ReadAsync(CancellationToken cancellationToken) =>
        new() { Lanes = { SettlementMapping.ToWire(await status.ReadAsync(cancellationToken)) } };

    /// <summary>The whole of it at once: what is unset goes back to the configuration.</summary>
    /// <exception cref="Leases.Errors.InvalidRequestException">A figure is out of range.</exception>
    public async Task<Wire.Settlement> SetLimitsAsync(Wire.SetSettlementLimitsRequest request, CancellationToken cancellationToken)
    {
        var fields = new RequestFields(DateTimeOffset.UnixEpoch); // It reads no instant.
        var ceilings = request.Ceilings ?? new Wire.GasCeilings();
        (Urgency Urgency, string Field, uint Value)[] all =
        [
            (Urgency.StopLoss, "ceilings.stop_loss", ceilings.StopLoss),
            (Urgency.Open, "ceilings.open", ceilings.Open),
            (Urgency.Raise, "ceilings.raise", ceilings.Raise),
            (Urgency.Lower, "ceilings.lower", ceilings.Lower),
            (Urgency.Trim, "ceilings.trim", ceilings.Trim),
        ];
        foreach (var (_, field, value) in all.Where(c => c.Value > SettlementOptionsValidator.MostCeiling))
            fields.Add(field, $"{value} is above {SettlementOptionsValidator.MostCeiling} nAVAX.");
        var budget = Budget(fields, request.DailyBudget);
        fields.ThrowIfAny();

        var set = new LaneLimits(
            budget, all.Where(c => c.Value > 0).ToImmutableSortedDictionary(c => c.Urgency, c => checked((int)c.Value)), request.Paused);
        await limits.SetAsync(set, cancellationToken);
        LogSet(set);
        settlement.Wake();
        return await ReadAsync(cancellationToken);
    }

    private static long? Budget(RequestFields fields, string text)
    {
        if (text.Length == 0)
            return null;
        const string Field = "daily_budget";
        if (!TokenAmount.TryParse(text, out var wei) || wei.Wei < WeiPerNavax)
            fields.Add(Field, $"must be a decimal integer of native wei, {WeiPerNavax} at least.");
        else if (wei.Wei / WeiPerNavax > SettlementOptionsValidator.MostBudget)
            fields.Add(Field, $"is above {SettlementOptionsValidator.MostBudget} nAVAX.");
        else
            return (long)(wei.Wei / WeiPerNavax);
        return null;
    }

    [LoggerMessage(EventId = 7187, Level = LogLevel.Warning, Message = "The lane's limits were set by hand: {Limits}. What is not named is as configured.")]
    private partial void LogSet(LaneLimits limits);
}
