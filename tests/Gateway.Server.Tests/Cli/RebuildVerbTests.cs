using System.Diagnostics;
using System.Text.RegularExpressions;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Grpc.Core;
using StackExchange.Redis;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Cli;

/// <summary><c>gateway rebuild</c> as an engineer runs it, against a gateway that has lost its Redis. What is lost is everybody's: a host of their own.</summary>
public sealed class RebuildVerbTests(HostedGateway gateway) : IClassFixture<HostedGateway>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_verb_says_what_would_come_back_and_without_dry_run_it_or_the_call_behind_it_brings_it_back()
    {
        var payer = await gateway.NewPayerAsync();
        var id = (await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, Ask.NewId(), "1000000000"))).LeaseId;
        await LoseAsync();

        var asked = await RunAsync("rebuild", "--dry-run");
        var meanwhile = await Ask.RefusedAsync(() => GetAsync(id));
        var done = await RunAsync("rebuild");
        var again = await RunAsync("rebuild", "--json");
        var back = await GetAsync(id);
        await LoseAsync();
        var report = await gateway.Operations.RebuildAsync(new RebuildRequest());
        var backAgain = await GetAsync(id);

        var row = $@"(?m)^{Regex.Escape(id)} .* 1000000000 +now\r?$";
        Assert.Equal((0, 0, 0), (asked.ExitCode, done.ExitCode, again.ExitCode));
        Assert.Matches(row, asked.Output);
        Assert.Equal((StatusCode.Unavailable, "REBUILDING"), (meanwhile.Code, meanwhile.Info.Reason));
        Assert.Matches(row, done.Output);
        Assert.Contains("\"restoredNow\": false", again.Output, StringComparison.Ordinal);
        var told = Assert.Single(report.Leases, l => l.LeaseId == id);
        Assert.Equal(("1000000000", true), (told.FlowRate, told.RestoredNow));
        Assert.Empty(report.FailedAccounts);
        Assert.All([back, backAgain], l => Assert.Equal((LeaseState.Active, Execution.Run), (l.State, l.Execution)));
    }

    [Fact]
    public async Task A_gateway_that_is_not_there_is_an_exit_code_of_its_own()
    {
        var ended = await RunAsync("rebuild", "--gateway", "http://127.0.0.1:1");

        Assert.Equal(3, ended.ExitCode);
    }

    [Fact]
    public async Task An_address_that_is_none_is_said_to_be_none()
    {
        var ended = await RunAsync("rebuild", "--gateway", "nowhere");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("'nowhere' is no URL.", ended.Errors, StringComparison.Ordinal);
    }

    private Task<Lease> GetAsync(string id) => gateway.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = id });

    /// <summary>Everything is gone, and somebody else has the lane: nothing comes back by itself.</summary>
    private async Task LoseAsync()
    {
        gateway.MayLose();
        await using var admin = await ConnectionMultiplexer.ConnectAsync(gateway.World.Redis + ",allowAdmin=true");
        // In one: in between, the gateway could take the lane again.
        var both = admin.GetDatabase().CreateTransaction();
        var flushing = both.ExecuteAsync("FLUSHALL");
        var taking = both.StringSetAsync(Keys.Leader, "somebody|1");
        Assert.True(await both.ExecuteAsync());
        await Task.WhenAll(flushing, taking);
    }

    private LaneKeys Keys => new(gateway.World.Chain.Deployment.ChainId, gateway.World.Chain.Accounts.Operator.Address);

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Gateway.Server.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (!arguments.Contains("--gateway"))
        {
            start.ArgumentList.Add("--gateway");
            start.ArgumentList.Add(gateway.World.GrpcUrl.ToString());
        }

        using var process = Process.Start(start)!; // Null only with UseShellExecute.
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, await output, await errors);
    }
}
