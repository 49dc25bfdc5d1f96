using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Two replicas: one drops while the other draws up statements, verifies them, or drops as well; and one that stops before or after each single command.</summary>
public sealed class DroppingRaceTests(SteppedWorld stepped) : PeriodTest(stepped), IClassFixture<SteppedWorld>
{
    [Fact]
    public async Task A_statement_that_is_drawn_up_while_its_details_are_dropped_is_right_or_refused_wherever_in_between_they_go()
    {
        await using var gateway = await NewDailyAsync(KeptTwoDays);
        await using var other = await NewDailyAsync(KeptTwoDays);
        var account = await OldAsync(gateway);
        var names = await gateway.Get<PeriodStore>().NamesAsync(account, default, new BlockTime(long.MaxValue), Cancellation);
        var from = (await gateway.Get<PeriodStore>().ReadAsync(account, names[1], Cancellation))!.To.UnixSeconds; // It was closed.
        var expected = StatementMapping.ToJson(await GetAsync(gateway, account, from));
        var kept = await CopyAsync(gateway, account);
        var (right, refused, isOver) = (0, 0, false);
        for (var number = 0; !isOver; number++)
        {
            await PutBackAsync(gateway, kept);
            using var before = new BeforeCommand(number, isAfter: false, () => other.Get<LedgerCompaction>().RunAsync(account, Cancellation));
            try
            {
                Assert.Equal(expected, StatementMapping.ToJson(await GetAsync(gateway, account, from)));
                right++;
            }
            catch (DetailsNotKeptException)
            {
                refused++;
            }

            isOver = before.Commands <= number;
        }

        // The last one, behind which nothing is read any more.
        Assert.Equal(1, right);
        Assert.True(refused > 5, $"{refused}");
    }

    [Fact]
    public async Task A_verification_of_what_is_kept_finds_every_line_equal_wherever_in_between_the_rest_is_dropped()
    {
        await using var gateway = await NewDailyAsync(KeptTwoDays);
        await using var other = await NewDailyAsync(KeptTwoDays);
        var account = await OldAsync(gateway);
        var request = await KeptOfAsync(gateway, account);
        var expected = await VerifyAsync(gateway, request);
        Assert.All(expected, l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{l}"));
        var kept = await CopyAsync(gateway, account);
        var isOver = false;
        for (var number = 0; !isOver; number++)
        {
            await PutBackAsync(gateway, kept);
            using var before = new BeforeCommand(number, isAfter: false, () => other.Get<LedgerCompaction>().RunAsync(account, Cancellation));
            Assert.Equal(expected, await VerifyAsync(gateway, request));
            isOver = before.Commands <= number;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_stops_before_or_after_any_command_of_it_leaves_to_the_next_one_what_it_would_have_come_to(bool isAfter)
    {
        await using var gateway = await NewDailyAsync(KeptTwoDays);
        await using var other = await NewDailyAsync(KeptTwoDays);
        var account = await OldAsync(gateway);
        var request = await KeptOfAsync(gateway, account);
        var (kept, expected) = (await CopyAsync(gateway, account), await VerifyAsync(gateway, request));
        await gateway.Get<LedgerCompaction>().RunAsync(account, Cancellation);
        var done = await StandsAsync(gateway, account);
        var isOver = false;
        for (var number = 0; !isOver; number++)
        {
            await PutBackAsync(gateway, kept);
            using (var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation))
            using (var before = new BeforeCommand(number, isAfter, stop.CancelAsync))
            {
                var stopped = await Record.ExceptionAsync(() => gateway.Get<LedgerCompaction>().RunAsync(account, stop.Token));
                Assert.True(stopped is null or OperationCanceledException, $"{stopped}");
                isOver = before.Commands <= number;
            }

            // Two at once go on.
            await Task.WhenAll(gateway.Get<LedgerCompaction>().RunAsync(account, Cancellation), other.Get<LedgerCompaction>().RunAsync(account, Cancellation));
            await gateway.Get<LedgerCompaction>().RunAsync(account, Cancellation);
            Assert.Equal(done, await StandsAsync(gateway, account));
        }

        Assert.Equal(expected, await VerifyAsync(gateway, request));
    }

    /// <summary>One VM ran and was paused in turn for days, another one ended on the second; the flow changed now and then. That was long ago, and its days are closed.</summary>
    private async Task<AccountKey> OldAsync(SteppedGateway gateway)
    {
        var (account, node, lease, payer) = await RunningWithAsync(gateway);
        var second = await StoreAsync(gateway, account, [node], Rate, static (meter, at) => (meter.Told(MeterPhase.Running, at.AddMilliseconds(5), at.AddMilliseconds(5)), at));
        await ReportAsync(gateway, account, lease.Id, lease.OpenedAt.AddDays(6), TimeSpan.FromMilliseconds(4_543_217));
        await DaysAsync(2);
        foreach (var rate in new[] { Rate + Rate, Rate })
            await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, rate)));
        var ended = (await HeadAsync()).Time.ToDateTimeOffset();
        await ChangeAsync(gateway, account, second.Id, l => l with { State = LeaseState.Closed, ClosedAt = ended, Meter = l.Meter.Ended(ended) });
        await DaysAsync(46);
        while (await CloseAsync(gateway, account) > 0)
        {
            // Some at a time.
        }

        return account;
    }

    /// <summary>From where details are kept.</summary>
    private async Task<Wire.GetStatementRequest> KeptOfAsync(SteppedGateway gateway, AccountKey account) => new()
    {
        Payer = account.Payer.ToString(),
        Token = account.SuperToken.ToString(),
        From = Second((await OldestKeptAsync(gateway, account)).UnixSeconds),
    };

    /// <summary>What is left where everything was dropped that may be.</summary>
    private static async Task<string> StandsAsync(SteppedGateway gateway, AccountKey account)
    {
        var keys = RedisKeys.Of(account);
        var dropped = await RedisOf(gateway, d => d.HashGetAllAsync(keys.Dropped));
        var left = (await gateway.Get<AccountLeases>().ReadAsync(account, Cancellation)).Leases;
        var past = await Task.WhenAll(left.Select(l => gateway.Get<UsageLog>().PastAsync(l, Cancellation)));
        return string.Join(
            '\n',
            [
                .. dropped.Select(f => $"{f.Name}: {f.Value}").Order(StringComparer.Ordinal),
                $"kept {await gateway.Get<LedgerStore>().KeptSinceAsync(account, Cancellation)}",
                $"segments {(await gateway.Get<LedgerStore>().SegmentsAsync(account, default, Cancellation)).Segments.Length}",
                .. left.Zip(past, (l, p) => $"{l.Id} {p.Records.Length}"),
            ]);
    }

    /// <summary>All of the account's keys: its payer is in the names of its leases, too.</summary>
    private static async Task<List<KeyCopy>> CopyAsync(SteppedGateway gateway, AccountKey account)
    {
        var multiplexer = await gateway.Get<RedisConnection>().MultiplexerAsync(Cancellation);
        var keys = RedisKeys.Of(account);
        List<KeyCopy> all = [await KeyCopy.OfAsync(multiplexer.GetDatabase(), keys.InShard.Ended), new KeyCopy(keys.Dropped, Text: null, [], [], [])];
        await foreach (var key in multiplexer.GetServers()[0].KeysAsync(pattern: $"{keys.InShard.Open.ToString()[..6]}*{account.Payer}*").WithCancellation(Cancellation))
            all.Add(await KeyCopy.OfAsync(multiplexer.GetDatabase(), key));
        return all;
    }

    private static async Task PutBackAsync(SteppedGateway gateway, List<KeyCopy> copies)
    {
        var database = (await gateway.Get<RedisConnection>().MultiplexerAsync(Cancellation)).GetDatabase();
        foreach (var copy in copies)
            await copy.PutBackAsync(database);
    }
}
