using Gateway.Server.Settlement;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class TakeoverTests
{
    /// <summary>Real processes that are frozen and killed stand in FrozenLeaderTests, which tell how long it took.</summary>
    [Fact]
    public void A_leader_that_says_no_more_is_succeeded_within_eleven_seconds() =>
        Assert.True(LaneLeadership.Ttl + SettlementWorker.MostWait <= TimeSpan.FromSeconds(11));
}
