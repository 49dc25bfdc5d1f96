using Gateway.Domain.Leases;
using Gateway.Server.Tests.Storage;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>The lane's keys went back in time, those of the accounts did not: a cluster's nodes fail over one by one.</summary>
public abstract class OutdatedLaneTests(StorageKind kind) : SettlementTest(kind)
{
    [Fact]
    public async Task What_a_lane_wants_that_went_back_in_time_is_wanted_anew_from_its_accounts()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        var back = await RememberAsync();
        await ResizeAsync("one", 1, 2000);
        await SettleAsync(process);

        await back();
        await SettleAsync(process);
        AssertPaid(1, 1600, 400);
        Assert.Equal([800, 1600], HistoryOf(1, Node));
        await CloseLeaseAsync("one", 1);
        await SettleAsync(process);

        AssertPaid(1, 0, 0);
        Assert.Equal(LeaseState.Closed, (await LeaseAsync("one", 1)).State);
    }

    [Fact]
    public async Task A_flow_that_its_account_has_forgotten_is_not_wanted_again()
    {
        var process = await StartAsync();
        await OpenAsync("one", 1, 1000);
        await SettleAsync(process);
        var back = await RememberAsync();
        await CloseLeaseAsync("one", 1);
        await SettleAsync(process);

        await back();
        await SettleAsync(process);

        AssertPaid(1, 0, 0);
        Assert.Equal([800, 0], HistoryOf(1, Node));
    }

    /// <returns>Puts the lane's flows back to what they are now, when they had just been marked.</returns>
    private async Task<Func<Task>> RememberAsync()
    {
        RedisKey[] flows = [Keys.Flow(FlowOf(1, Node)), Keys.Flow(FlowOf(1, Community))];
        var before = await Task.WhenAll(flows.Select(f => Database.HashGetAllAsync(f)));
        return async () =>
        {
            foreach (var (flow, fields) in flows.Zip(before))
            {
                await Database.KeyDeleteAsync(flow);
                await Database.HashSetAsync(flow, [.. fields.Where(f => f.Name != "observed_block")]);
                await Database.SortedSetAddAsync(Keys.Dirty, flow.ToString(), 0);
            }
        };
    }
}

[Collection(Kinds.Redis)]
public sealed class OutdatedLane_on_redis(StandaloneRedis kind) : OutdatedLaneTests(kind);
