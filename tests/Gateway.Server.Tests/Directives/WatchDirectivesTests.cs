using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Google.Protobuf.WellKnownTypes;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Directives;

[Collection(Hosted.Name)]
public sealed class WatchDirectivesTests(HostedGateway gateway)
{
    [Fact]
    public async Task A_watcher_hears_at_once_and_again_until_it_is_reported()
    {
        using var watch = gateway.Directives();
        var id = await OpenAsync();

        var first = await watch.NextAsync(d => d.LeaseId == id);
        var again = await watch.NextAsync(d => d.LeaseId == id);
        await ReportAsync(again);

        Assert.Equal((Execution.Run, Reason.Funded, 1u), (first.Execution, first.Reason, first.Delivery));
        Assert.Equal((first.DirectiveId, "vm-" + id), (again.DirectiveId, again.VmId));
        Assert.True(again.Delivery > 1);
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", first.Traceparent);
        Assert.NotEqual(0ul, first.Evidence.BlockNumber);
        Assert.DoesNotContain(await gateway.DirectivesThereAsync(again.Cursor), d => d.LeaseId == id);
    }

    [Fact]
    public async Task A_cursor_resumes_after_what_was_handled()
    {
        using var watch = gateway.Directives();
        var id = await OpenAsync();
        var run = await watch.NextAsync(d => d.LeaseId == id);
        await ReportAsync(run);
        await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id, Why = "to see" });

        var pause = Assert.Single(await gateway.DirectivesThereAsync(run.Cursor), d => d.LeaseId == id);

        Assert.Equal((Execution.Pause, Reason.Isolated), (pause.Execution, pause.Reason));
    }

    [Fact]
    public async Task Without_a_cursor_it_begins_at_the_oldest_that_nobody_reported()
    {
        var (first, second) = (await OpenAsync(), await OpenAsync());

        var there = (await gateway.DirectivesThereAsync()).ConvertAll(d => d.LeaseId);

        Assert.Contains(first, there);
        Assert.Contains(second, there);
    }

    [Fact]
    public async Task Without_a_cursor_nothing_is_told_again_that_was_reported()
    {
        // The older one waits; what came after it was done and reported, and a VM must not be stopped and started once more for it.
        var (older, id) = (await OpenAsync(), await OpenAsync());
        await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id, Why = "to see" });
        await ReportAsync((await gateway.DirectivesThereAsync()).Last(d => d.LeaseId == id));

        var there = await gateway.DirectivesThereAsync();

        Assert.Contains(there, d => d.LeaseId == older);
        Assert.DoesNotContain(there, d => d.LeaseId == id);
    }

    [Fact]
    public async Task An_older_one_that_comes_again_does_not_move_its_watcher_back()
    {
        using var watch = gateway.Directives();
        var (older, newer) = (await OpenAsync(), await OpenAsync());
        var last = await watch.NextAsync(d => d.LeaseId == newer);
        await ReportAsync(last);

        var again = await watch.NextAsync(d => d.LeaseId == older && d.Delivery > 1);

        Assert.True(DirectiveCursor.TryParse(last.Cursor, out var before));
        Assert.True(DirectiveCursor.TryParse(again.Cursor, out var after));
        Assert.All(Enumerable.Range(0, RedisKeys.Shards), shard => Assert.True(after[shard] >= before[shard]));
    }

    [Fact]
    public async Task Each_of_many_watchers_hears_everything_in_order()
    {
        var watchers = Enumerable.Range(0, 20).Select(_ => gateway.Directives()).ToList();
        var id = await OpenAsync();
        await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id });
        await gateway.Operations.ReleaseLeaseAsync(new ReleaseLeaseRequest { LeaseId = id });

        foreach (var watcher in watchers)
        {
            var heard = new List<Execution>();
            while (heard.Count < 3)
            {
                var next = await watcher.NextAsync(d => d.LeaseId == id);
                if (heard.Count == 0 || heard[^1] != next.Execution)
                    heard.Add(next.Execution);
            }

            Assert.Equal([Execution.Run, Execution.Pause, Execution.Run], heard);
            watcher.Dispose();
        }
    }

    [Fact]
    public async Task A_closed_lease_is_not_told_to_run_again()
    {
        var id = await OpenAsync();
        var waitsBefore = await gateway.WaitingAsync(id);

        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(id));

        Assert.NotNull(waitsBefore);
        Assert.Null(await gateway.WaitingAsync(id));
    }

    private async Task<string> OpenAsync([System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId(test);
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id));
        return id;
    }

    private async Task ReportAsync(Directive directive) => await gateway.Leases.ReportExecutionAsync(new ReportExecutionRequest
    {
        LeaseId = directive.LeaseId,
        Execution = directive.Execution,
        At = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
        DirectiveId = directive.DirectiveId,
    });
}
