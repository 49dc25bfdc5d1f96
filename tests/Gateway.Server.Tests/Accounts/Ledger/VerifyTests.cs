using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Verifying;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Testing.Chains;
using StackExchange.Redis;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>A verification finds nothing where nothing is, and finds what was altered.</summary>
public sealed class VerifyTests(SteppedWorld stepped) : LedgerTest(stepped), IClassFixture<SteppedWorld>
{
    [Fact]
    public async Task Of_a_statement_that_is_right_every_line_is_equal()
    {
        await using var gateway = await NewGatewayAsync();
        var account = await FlowingAsync(gateway);

        var lines = await VerifyAsync(gateway, account);

        Assert.Equal([], lines.Where(l => l.Verdict != Wire.Verdict.Equal).Select(l => $"{l.What}: {l.Stated} / {l.Derived} {l.Detail}"));
        Assert.Equal(3, lines.Count(l => l.What.StartsWith("flow ", StringComparison.Ordinal)));
        Assert.Equal(3, lines.Count(l => l.What.StartsWith("balance ", StringComparison.Ordinal)));
        Assert.Contains(lines, l => l.What.StartsWith("use of ", StringComparison.Ordinal) && l.Stated != "0");
        Assert.Equal(2, lines.Count(l => l.What.StartsWith("buffers held", StringComparison.Ordinal) && l.Stated != "0"));
        Assert.Equal(lines[^1].Parts, lines[^1].Part);
    }

    [Fact]
    public async Task Use_is_stated_and_verified_to_the_very_end_and_what_was_reported_to_be_after_it_is_in_what_follows()
    {
        await using var gateway = await NewGatewayAsync();
        var account = new AccountKey(Aleph, (await NewPayerAsync()).Address);
        var (first, node) = (await HeadAsync(), NewNode().Address);
        var lease = await StoreAsync(
            gateway,
            account,
            [node],
            Rate,
            (meter, at) => (meter.Told(MeterPhase.Running, at, at).Told(MeterPhase.Stopped, Seconds(3), Seconds(3)), at),
            first.Time.ToDateTimeOffset().AddSeconds(-100));

        var stated = await GetAsync(gateway, account);
        Assert.Equal([], (await VerifyAsync(gateway, account)).Where(l => l.Verdict != Wire.Verdict.Equal).Select(l => $"{l}"));
        await PassAsync(10);
        var later = await GetAsync(gateway, account, first.Time.UnixSeconds);

        Assert.Equal((Rate.Over(100).ToDecimal(), Rate.Over(3).ToDecimal()), (stated.Used, later.Used));
        Assert.Equal(Rate.Over(103).ToDecimal(), (await GetAsync(gateway, account)).Used);
        Assert.Equal(lease.Id.Value, Assert.Single(stated.Leases).LeaseId);

        DateTimeOffset Seconds(ulong after) => first.Time.PlusSeconds(after).ToDateTimeOffset();
    }

    [Fact]
    public async Task What_flows_to_others_since_before_the_period_is_told_from_its_balances_by_state_and_not_by_old_logs()
    {
        await using var gateway = await NewGatewayAsync();
        var account = await FlowingAsync(gateway);
        var standing = await HeadAsync();
        await PassAsync(50);

        var lines = await VerifyAsync(gateway, account, standing.Time.UnixSeconds);

        var balances = lines.Where(l => l.What.StartsWith("balance ", StringComparison.Ordinal)).ToList();
        Assert.All(balances, l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{l}"));
        Assert.Contains(balances, l => l.Detail.EndsWith($"flows with others {(-FlowRate.FromWeiPerSecond(11).Over(50)).ToDecimal()}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_pools_moved_within_the_period_and_at_its_end_is_told_from_what_flowed()
    {
        await using var gateway = await NewGatewayAsync();
        var (payer, friend, node) = (await NewPayerAsync(), await NewPayerAsync(), NewNode());
        await Chain.FundAsync(Devnet.Accounts.Funds.OfPayer, [node], Cancellation);
        var account = new AccountKey(Aleph, payer.Address);
        var pools = new Pools(Chain, Aleph);
        var pool = await pools.CreateAsync(friend, Cancellation);
        await pools.GiveUnitsAsync(friend, pool, node.Address, 3, Cancellation);
        await pools.GiveUnitsAsync(friend, pool, payer.Address, 1, Cancellation);
        await pools.ConnectAsync(node, pool, Cancellation);
        await PassAsync(1_000);
        var from = await HeadAsync();
        await StoreAtHeadAsync(gateway, account, node.Address);
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node.Address, Rate)));
        await PoolAsync(() => pools.DistributeAsync(payer, pool, TokenAmount.FromWei(4_000_004), Cancellation));
        await PoolAsync(() => pools.DistributeFlowAsync(payer, pool, FlowRate.FromWeiPerSecond(1_000_004), Cancellation));
        await PoolAsync(() => pools.DistributeFlowAsync(payer, pool, FlowRate.Zero, Cancellation));
        await PoolAsync(() => pools.ConnectAsync(payer, pool, Cancellation));
        await PassAsync(10);
        await AssertBalancesAsync();
        await PoolAsync(() => pools.DistributeFlowAsync(payer, pool, FlowRate.FromWeiPerSecond(2_000_004), Cancellation));
        await PassAsync(10);
        await AssertBalancesAsync();

        Task<bool> PoolAsync(Func<Task> act) => AtAsync(10, async () =>
        {
            await act();
            return true;
        });

        async Task AssertBalancesAsync()
        {
            var balances = (await VerifyAsync(gateway, account, from.Time.UnixSeconds)).Where(l => l.What.StartsWith("balance ", StringComparison.Ordinal)).ToList();
            Assert.Equal(2, balances.Count);
            Assert.All(balances, l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{l}"));
        }
    }

    [Fact]
    public async Task A_buffer_that_was_altered_of_a_flow_that_stands_is_found_by_the_logs_and_by_the_state()
    {
        await using var gateway = await NewGatewayAsync();
        var account = await FlowingAsync(gateway);
        await GetAsync(gateway, account);
        var key = RedisKeys.Of(account).Ledger;
        var json = (await RedisOf(gateway, d => d.HashGetAsync(key, "json"))).ToString();
        await RedisOf(gateway, d => d.HashSetAsync(key, "json", json.Replace("\"deposit\":\"", "\"deposit\":\"1", StringComparison.Ordinal)));

        var different = (await VerifyAsync(gateway, account)).Where(l => l.Verdict == Wire.Verdict.Different).Select(l => l.What).ToList();

        Assert.Equal(["buffers held", "buffers held by the state"], different.Where(d => d.StartsWith("buffers", StringComparison.Ordinal)));
        Assert.Contains(different, d => d.StartsWith("hands and buffer of flow to ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stored_segment_that_was_altered_is_found()
    {
        await using var gateway = await NewGatewayAsync();
        var account = await FlowingAsync(gateway);
        await GetAsync(gateway, account);
        var key = RedisKeys.Of(account).Segments;
        var segment = (await RedisOf(gateway, d => d.SortedSetRangeByRankWithScoresAsync(key)))[0];
        await RedisOf(gateway, d => d.SortedSetRemoveAsync(key, segment.Element));
        var altered = segment.Element.ToString().Replace($"\"rate\":\"{Rate.ToDecimal()}\"", "\"rate\":\"1\"", StringComparison.Ordinal);
        Assert.NotEqual(segment.Element.ToString(), altered);
        await RedisOf(gateway, d => d.SortedSetAddAsync(key, altered, segment.Score));

        var different = (await VerifyAsync(gateway, account)).Where(l => l.Verdict == Wire.Verdict.Different).ToList();

        Assert.Contains(different, l => l.What.StartsWith("flow to ", StringComparison.Ordinal) && l.Stated.StartsWith("1 wei/s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stored_sum_that_was_altered_is_found_in_what_is_carried()
    {
        await using var gateway = await NewGatewayAsync();
        var account = await FlowingAsync(gateway);
        var told = await GetAsync(gateway, account);
        var key = RedisKeys.Of(account).Ledger;
        var json = (await RedisOf(gateway, d => d.HashGetAsync(key, "json"))).ToString();
        var sum = LedgerSum(json);
        await RedisOf(gateway, d => d.HashSetAsync(key, "json", json.Replace(sum, sum + "7", StringComparison.Ordinal)));

        var different = (await VerifyAsync(gateway, account)).Where(l => l.Verdict == Wire.Verdict.Different).Select(l => l.What).ToList();

        Assert.Equal(["opening carry", "opening carry of"], different.Select(d => d.Split(" 0x")[0]));
        Assert.NotEqual(told.OpeningCarry, (await GetAsync(gateway, account)).OpeningCarry);
    }

    private static string LedgerSum(string json)
    {
        var at = json.IndexOf("\"ended\":{", StringComparison.Ordinal);
        var start = json.IndexOf(":\"", at + 9, StringComparison.Ordinal) + 2;
        return json[start..json.IndexOf('"', start)];
    }

    private static async Task<List<Wire.VerifiedLine>> VerifyAsync(SteppedGateway gateway, AccountKey account, ulong? from = null)
    {
        List<Wire.VerifiedLine> lines = [];
        var request = new Wire.GetStatementRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString(), From = Second(from) };
        await foreach (var line in gateway.Get<StatementVerifier>().RunAsync(request, Cancellation))
            lines.Add(line);
        return lines;
    }

    /// <summary>Two nodes are paid, one of them at two rates; the payer gives to others, gets from others, streams to others, and is streamed to.</summary>
    private async Task<AccountKey> FlowingAsync(SteppedGateway gateway)
    {
        var (payer, friend, node, second, other) = (await NewPayerAsync(), await NewPayerAsync(), NewNode().Address, NewNode().Address, NewNode().Address);
        var account = new AccountKey(Aleph, payer.Address);
        var openedFirst = await StoreAsync(
            gateway, account, [node, second], Rate, static (meter, at) => (meter.Told(MeterPhase.Running, at.AddMilliseconds(17), at.AddMilliseconds(17)).Told(MeterPhase.Stopped, at.AddMilliseconds(9_034), at.AddMilliseconds(9_034)), at));
        Assert.Equal(2, openedFirst.Payees.Length);
        await CallCfaAsync(payer, FlowCalls.Create(Aleph, other, FlowRate.FromWeiPerSecond(11)));
        await CallCfaAsync(friend, FlowCalls.Create(Aleph, payer.Address, FlowRate.FromWeiPerSecond(13)));
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node, Rate)));
        await AtAsync(5, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, second, Rate)));
        await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, Rate + Rate)));
        await AtAsync(9, () => Chain.Sender.CallAsync(payer, Aleph, TokenCalls.Transfer(friend.Address, TokenAmount.FromWei(1_000_003)), Cancellation));
        await AtAsync(9, () => Chain.Sender.CallAsync(friend, Aleph, TokenCalls.Transfer(payer.Address, TokenAmount.FromWei(77)), Cancellation));
        await AtAsync(9, () => CallCfaAsync(friend, FlowCalls.Delete(Aleph, friend.Address, payer.Address)));
        await PassAsync(100);
        return account;
    }

    private static Task<T> RedisOf<T>(SteppedGateway gateway, Func<IDatabase, Task<T>> call) => gateway.Get<RedisConnection>().ReadAsync("TEST", call, Cancellation);
}
