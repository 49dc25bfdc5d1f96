using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Settlement;

/// <summary>What a change may cost now: as configured, and above that as set by hand. Both may change while it runs.</summary>
internal sealed partial class SettlementTuning(IOptionsMonitor<SettlementOptions> options, ILogger<SettlementTuning> logger)
{
    private SettlementOptions? _lastValid;

    public SettlementOptions Under(LaneLimits limits) => limits.Over(Configured());

    /// <summary>A file that was spoilt while the process runs does not stop it: what was read last goes on to hold.</summary>
    private SettlementOptions Configured()
    {
        try
        {
            return _lastValid = options.CurrentValue;
        }
        catch (OptionsValidationException e) when (_lastValid is not null)
        {
            LogInvalid(string.Join(" ", e.Failures));
            return _lastValid;
        }
    }

    [LoggerMessage(EventId = 7186, Level = LogLevel.Error, Message = "The settlement section was changed to something invalid, and the former one goes on to hold: {Problems}")]
    private partial void LogInvalid(string problems);
}
