using Gateway.Domain.Identity;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>A lane whose Redis forgets, and what it takes to go on.</summary>
public abstract class LostLaneTest(StorageKind kind) : SettlementTest(kind)
{
    private protected LaneHighWater HighWater => new(Redis, Keys);

    private protected async Task ReadJournalAsync()
    {
        var known = await HighWater.ReadAsync(newestConsumed: null, Cancellation);
        Assert.True(await HighWater.JournalReadAsync(new BlockNumber(1), known.QuietUntil, Cancellation));
    }

    private protected async Task EmptyAsync()
    {
        foreach (var server in Admin.GetServers())
            await server.FlushAllDatabasesAsync();
    }

    /// <summary>With everything else its leadership is gone: it learns that first, and what else is missing when it leads again.</summary>
    private protected static async Task NoticeAsync(LaneProcess process)
    {
        await process.StepAsync(Cancellation);
        await process.StepAsync(Cancellation);
    }

    private protected async Task<LaneProcess> SettleOneAsync()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        Assert.Equal([800], HistoryOf(1, Node));
        return process;
    }
}
