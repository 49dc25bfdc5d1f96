using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using StackExchange.Redis;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>A VM that starts and stops for days: what is dropped of it, and what is altered of it.</summary>
public sealed class DroppedUseTests(SteppedWorld stepped) : PeriodTest(stepped), IClassFixture<SteppedWorld>
{
    /// <summary>Not a divisor of a day: VMs start and stop across the borders of days.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(2_543_217);

    [Fact]
    public async Task Later_statements_and_their_verification_are_the_same_to_the_byte_before_and_after_use_was_dropped()
    {
        await using var gateway = await NewDailyAsync(KeptTwoDays);
        var (account, lease) = await BurstingAsync(gateway);
        await DaysAsync(7);
        Assert.True(await CloseAsync(gateway, account) >= 6);
        var oldest = await OldestKeptAsync(gateway, account);
        var names = await gateway.Get<PeriodStore>().NamesAsync(account, new BlockTime(oldest.UnixSeconds + 1), new BlockTime(long.MaxValue), Cancellation);
        var before = await AllAsync(gateway, account, oldest, names);
        var records = (await PastAsync(gateway, account, lease)).Records;

        Assert.True(await gateway.Get<LedgerCompaction>().RunAsync(account, Cancellation) >= 3);
        Assert.Equal(0, await gateway.Get<LedgerCompaction>().RunAsync(account, Cancellation));

        var past = await PastAsync(gateway, account, lease);
        Assert.Equal(records.Where(r => r.Until > oldest.ToDateTimeOffset()).Select(r => r.Until), past.Records.Select(r => r.Until));
        Assert.NotNull(past.Dropped);
        Assert.Equal(oldest, await gateway.Get<LedgerStore>().KeptSinceAsync(account, Cancellation));
        var after = await AllAsync(gateway, account, oldest, names);
        Assert.Equal(before.Select(b => b.Text), after.Select(a => a.Text));
        Assert.Equal(before.Select(b => b.Lines), after.Select(a => a.Lines));
        Assert.All(after.SelectMany(a => a.Lines), l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{l}"));
        Assert.Contains(after[0].Lines, l => l.What.StartsWith("use of ", StringComparison.Ordinal) && l.Stated != "0");
    }

    [Fact]
    public async Task A_stored_report_that_was_altered_is_found_though_intervals_and_sums_still_agree()
    {
        await using var gateway = await NewDailyAsync();
        var (account, lease) = await BurstingAsync(gateway);
        await DaysAsync(3);
        var usage = RedisKeys.Of(account).InShard.Usage(lease);
        var line = (await RedisOf(gateway, d => d.ListGetByIndexAsync(usage, 1))).ToString();
        var at = line.IndexOf("\"phase\":3", line.IndexOf("\"reports\"", StringComparison.Ordinal), StringComparison.Ordinal);
        await RedisOf(gateway, d => SetAsync(d, usage, line[..at] + "\"phase\":2" + line[(at + 9)..]));

        var different = (await VerifyAsync(gateway, account)).Where(l => l.Verdict == Wire.Verdict.Different).Select(l => l.What);

        Assert.Equal([$"use of {lease}", $"milliseconds of {lease}"], different);
    }

    [Fact]
    public async Task A_stored_interval_that_was_altered_is_found_though_the_reports_still_agree()
    {
        await using var gateway = await NewDailyAsync();
        var (account, lease) = await BurstingAsync(gateway);
        await DaysAsync(3);
        var usage = RedisKeys.Of(account).InShard.Usage(lease);
        var line = (await RedisOf(gateway, d => d.ListGetByIndexAsync(usage, 1))).ToString();
        var at = line.IndexOf(",\"phase\":2,\"rate\":\"", StringComparison.Ordinal) + 19;
        await RedisOf(gateway, d => SetAsync(d, usage, line.Insert(at, "9")));

        var different = (await VerifyAsync(gateway, account)).Where(l => l.Verdict == Wire.Verdict.Different).Select(l => l.What);

        Assert.Equal([$"use of {lease} by its intervals"], different);
    }

    [Fact]
    public async Task Of_what_a_former_version_sealed_the_reports_are_unknown_and_the_intervals_are_compared()
    {
        await using var gateway = await NewDailyAsync();
        var (account, lease) = await BurstingAsync(gateway);
        await DaysAsync(7);
        var usage = RedisKeys.Of(account).InShard.Usage(lease);
        var line = (await RedisOf(gateway, d => d.ListGetByIndexAsync(usage, 1))).ToString();
        await RedisOf(gateway, d => SetAsync(d, usage, line[..line.IndexOf(",\"until\"", StringComparison.Ordinal)] + "}"));

        var whole = await VerifyAsync(gateway, account);
        var since = (ulong)(await PastAsync(gateway, account, lease)).Records[1].Until.ToUnixTimeSeconds() + 1;
        var later = await VerifyAsync(gateway, account, since);

        Assert.Equal([$"use of {lease}"], whole.Where(l => l.Verdict != Wire.Verdict.Equal).Select(l => l.What));
        Assert.Contains(whole, l => l.What == $"use of {lease} by its intervals" && l.Verdict == Wire.Verdict.Equal);
        Assert.All(later, l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{l}"));
        Assert.Contains(later, l => l.What == $"use of {lease}" && l.Stated != "0");
    }

    private static async Task<LeasePast> PastAsync(SteppedGateway gateway, AccountKey account, LeaseId lease) =>
        await gateway.Get<UsageLog>().PastAsync((await gateway.Get<AccountStore>().FindLeaseAsync(account, lease, Cancellation))!, Cancellation); // It was stored.

    /// <summary>A VM that runs and is paused in turn for six days, told by the machine's own way.</summary>
    private async Task<(AccountKey Account, LeaseId Lease)> BurstingAsync(SteppedGateway gateway)
    {
        var (account, _, lease, _) = await RunningWithAsync(gateway);
        await ChangeAsync(gateway, account, lease.Id, l => l with { PausedRate = Rate });
        await ReportAsync(gateway, account, lease.Id, lease.OpenedAt.AddDays(6), Every);
        return (account, lease.Id);
    }

    private static async Task<bool> SetAsync(IDatabase database, RedisKey list, string line)
    {
        await database.ListSetByIndexAsync(list, 1, line);
        return true;
    }
}
