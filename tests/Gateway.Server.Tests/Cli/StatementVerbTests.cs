using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using StackExchange.Redis;
using Superfluid.Gateway.V1;
using Xunit;

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
