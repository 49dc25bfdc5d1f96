using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Settlement;

/// <summary>Begins a round: who leads, what the newest executed block is, which slots are open.</summary>
internal sealed class RoundStarter(LanePorts ports, LaneLeadership leadership, LaneMemory memory, IOptionsMonitor<SettlementOptions> options)
{
    /// <returns>Null where another replica leads.</returns>
    public async Task<(LaneRound Round, IReadOnlyList<OpenSlot> Slots)?> BeginAsync(CancellationToken cancellationToken)
    {
        if (await leadership.KeepAsync(cancellationToken) is not { } token)
            return null;
        var asking = ports.Chain.HeadAsync(cancellationToken);
        var reading = ports.Lane.OpenSlotsAsync(cancellationToken);
        await Task.WhenAll(asking, reading);
        var head = await asking;
        memory.Saw(head);
        var current = options.CurrentValue;
        return (new LaneRound(token, head, current.ToFeePolicy(), current), await reading);
    }
}
