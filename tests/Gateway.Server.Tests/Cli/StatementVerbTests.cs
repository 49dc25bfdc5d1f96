using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Gateway.Chain.Signing;
using Gateway.Client;
using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;
using Gateway.Server.Storage.Documents;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using StackExchange.Redis;
using Superfluid.Gateway.V1;
using Xunit;
using ClosedPeriod = Gateway.Server.Storage.ClosedPeriod;
using FlowPeriod = Superfluid.Gateway.V1.FlowPeriod;

namespace Gateway.Server.Tests.Cli;

/// <summary><c>gateway statements</c> as an auditor runs it, on the statement of a VM that ran, was resized and ended.</summary>
[Collection(Hosted.Name)]
public sealed class StatementVerbTests(HostedGateway hosted)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verify_ends_with_0_where_every_number_is_found_again_and_with_1_where_one_is_not()
    {
        var account = await RunAVmAsync();
        string[] verify = ["statements", "verify", "--payer", Eip55.Format(account.Payer), "--token", "ALEPH"];

        var good = await VerbProcess.RunAsync(hosted.World.GrpcUrl, verify);
        await AlterAsync(account);
        var bad = await VerbProcess.RunAsync(hosted.World.GrpcUrl, verify);

        Assert.Equal((0, ""), (good.ExitCode, good.Errors));
        Assert.Matches(@"(?m)^\d+ equal, 0 different, 0 cannot be derived any more\r?$", good.Output);
        Assert.Matches(@"(?m)^3/\d+ +equal +use of .*: [1-9]\d*\r?$", good.Output);
        Assert.True(bad.ExitCode == 1, bad.Output + bad.Errors);
        Assert.Matches(@"(?m)^1/\d+ +DIFFERENT +flow to .*: stated 7 wei/s", bad.Output);
        Assert.DoesNotContain(" 0 different", bad.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_asked_is_said_by_its_field_and_no_gateway_is_an_exit_code_of_its_own()
    {
        var wrong = await VerbProcess.RunAsync(hosted.World.GrpcUrl, "statements", "verify", "--payer", "0x12", "--token", "GOLD");
        var alone = await VerbProcess.RunAsync(new Uri("http://127.0.0.1:1"), "statements", "verify", "--payer", Eip55.Format(hosted.Node), "--token", "ALEPH");
        var nothing = await VerbProcess.RunAsync(hosted.World.GrpcUrl, "statements", "verify");

        Assert.Equal((1, 3, 1), (wrong.ExitCode, alone.ExitCode, nothing.ExitCode));
        Assert.Contains("payer: ", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("token: ", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("'--payer' is required", nothing.Errors, StringComparison.Ordinal);
    }

    /// <summary>Some 20 MB, where a message of gRPC has 4 unless somebody says otherwise.</summary>
    [Fact]
    public async Task A_closed_period_of_any_size_is_exported_whole_and_answered_whole()
    {
        const int Changes = 30_000;
        var (account, closed) = await StoreLargeAsync(Changes);
        var directory = Directory.CreateTempSubdirectory("export");

        var exported = await VerbProcess.RunAsync(hosted.World.GrpcUrl, "statements", "export", "--directory", directory.FullName);
        using var client = new SchedulerClient(hosted.World.GrpcUrl);
        var answered = await client.Accounts.GetStatementAsync(
            new GetStatementRequest { Payer = Eip55.Format(account.Payer), Token = "ALEPH", Period = closed.Name }, cancellationToken: Cancellation);

        Assert.Equal((0, ""), (exported.ExitCode, exported.Errors));
        var file = Assert.Single(directory.GetFiles($"*{Eip55.Format(account.Payer)}-{closed.Name}.json"));
        Assert.Equal(closed.Statement, await File.ReadAllTextAsync(file.FullName, Cancellation));
        Assert.Equal((Changes, closed.Sha256), (answered.Flows.Count, answered.Closed.Sha256));
        directory.Delete(recursive: true);
    }

    /// <summary>A month of an account that a busy scheduler changed all the time, as it was closed.</summary>
    private async Task<(AccountKey Account, ClosedPeriod Closed)> StoreLargeAsync(int changes)
    {
        var account = new AccountKey(hosted.World.Chain.Tokens.Aleph, DevAccount.Of("busy", 1).Address);
        Assert.True(BillingPeriod.TryParse("2026-09", out var month));
        var statement = new Statement { Payer = Eip55.Format(account.Payer), Token = "ALEPH", Used = "0", Streamed = "0", Carried = "0", OpeningCarry = "0", ClosingCarry = "0", Verified = true };
        statement.From = Timestamp.FromDateTimeOffset(month.From.ToDateTimeOffset());
        statement.To = Timestamp.FromDateTimeOffset(month.To.ToDateTimeOffset());
        statement.Leases.Add(new LeaseUsage { LeaseId = "l", VmId = "größer 😀", Used = "0", RunningTime = new Duration() });
        var hash = "0x" + new string('a', 64);
        statement.Flows.Add(Enumerable.Range(0, changes).Select(i => new FlowPeriod
        {
            Payee = Eip55.Format(hosted.Node),
            FlowRate = "1",
            From = statement.From,
            To = statement.To,
            Streamed = "0",
            OpenedBy = hash,
            OpenedBlock = (ulong)i,
            EndedBy = hash,
            BufferDeposit = "0",
        }));
        var json = StatementMapping.ToJson(statement);
        var closed = new ClosedPeriod(
            month.Name, month.From, month.To, month.To.ToDateTimeOffset(), json, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json))),
            ImmutableSortedDictionary<Address, TokenAmount>.Empty, ImmutableSortedDictionary<LeaseId, LeaseReading>.Empty);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(hosted.World.Redis);
        var keys = RedisKeys.Of(account);
        await redis.GetDatabase().HashSetAsync(keys.Periods, closed.Name, PeriodDocument.Write(closed));
        await redis.GetDatabase().SortedSetAddAsync(keys.ClosedAt, closed.Name, closed.To.UnixSeconds);
        // Not due for centuries: nobody looks for its ledger.
        await redis.GetDatabase().SortedSetAddAsync(keys.InShard.Ledgers, account.ToString(), 9e12);
        return (account, closed);
    }

    private async Task<AccountKey> RunAVmAsync()
    {
        var payer = await hosted.NewPayerAsync();
        var id = (await hosted.Leases.OpenLeaseAsync(Ask.OpenAndWait(hosted, payer.Address, Ask.NewId(), "1000000000000"))).LeaseId;
        await ReportAsync(id, Execution.Run);
        // A block is made when there is something for it: what did not last from one second to another streamed nothing.
        for (var since = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(2);)
            await hosted.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id });
        await hosted.Leases.UpdateLeaseAsync(new UpdateLeaseRequest { LeaseId = id, Price = new Price { FlowRate = "2000000000000" }, WaitFor = LeaseState.Active, WaitAtMost = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)) });
        await ReportAsync(id, Execution.Terminate);
        await hosted.Leases.CloseLeaseAsync(Ask.CloseAndWait(id));
        return new AccountKey(hosted.World.Chain.Tokens.Aleph, payer.Address);
    }

    private Task<Lease> ReportAsync(string id, Execution execution) =>
        hosted.Leases.ReportExecutionAsync(new ReportExecutionRequest { LeaseId = id, Execution = execution, At = TimeProvider.System.GetUtcNow().ToTimestamp() });

    /// <summary>Somebody has written another rate into what is stored of the chain.</summary>
    private async Task AlterAsync(AccountKey account)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(hosted.World.Redis);
        var key = RedisKeys.Of(account).Segments;
        // One that did not last a second is on no statement.
        foreach (var segment in await redis.GetDatabase().SortedSetRangeByRankWithScoresAsync(key))
        {
            var altered = segment.Element.ToString().Replace("\"rate\":\"", "\"rate\":\"7\",\"was\":\"", StringComparison.Ordinal);
            Assert.NotEqual(segment.Element.ToString(), altered);
            await redis.GetDatabase().SortedSetRemoveAsync(key, segment.Element);
            await redis.GetDatabase().SortedSetAddAsync(key, altered, segment.Score);
        }
    }
}
