using Gateway.Server.Settlement;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class TakeoverTests
{
    /// <summary>Real processes that are frozen and killed stand in FrozenLeaderTests, which tell how long it took.</summary>
    [Fact]
    public void What_a_takeover_waits_for_adds_up_to_eleven_seconds_at_most() =>
        Assert.True(LaneLeadership.Ttl + SettlementWorker.MostWait <= TimeSpan.FromSeconds(11));
}
