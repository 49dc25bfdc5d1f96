using Gateway.Client;
using Gateway.Devnet.Parts;
using Gateway.Server.Tests.Hosting;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Directives;

/// <summary>The client library as a scheduler uses it: it dies, it comes back, it has colleagues, its gateway restarts under it. Nothing is lost by any of that.</summary>
[Collection(Hosted.Name)]
public sealed class SchedulerClientTests(HostedGateway gateway)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scheduler_that_comes_back_without_a_memory_is_told_what_was_not_reported_and_nothing_else()
    {
        var (done, undone) = (await OpenAsync(), await OpenAsync());
        using (var first = NewClient())
        {
            await first.ReportAsync(await NextAsync(first, d => d.LeaseId == done), TimeProvider.System.GetUtcNow(), Cancellation);
            await NextAsync(first, d => d.LeaseId == undone);
        }

        using var second = NewClient();
        var told = new List<string>();
        await foreach (var directive in second.DirectivesAsync(cancellationToken: Cancellation))
        {
            told.Add(directive.LeaseId);
            if (directive.LeaseId == undone)
                break;
        }

        Assert.DoesNotContain(done, told);
    }

    [Fact]
    public async Task A_scheduler_that_died_between_hearing_and_doing_hears_it_again_behind_its_cursor()
    {
        var id = await OpenAsync();
        Directive heard;
        using (var first = NewClient())
            heard = await NextAsync(first, d => d.LeaseId == id);

        using var second = NewClient();
        var again = await NextAsync(second, d => d.LeaseId == id, heard.Cursor);

        Assert.Equal(heard.DirectiveId, again.DirectiveId);
        Assert.True(again.Delivery > heard.Delivery);
    }

    [Fact]
    public async Task Of_several_schedulers_each_hears_everything_and_one_report_is_enough()
    {
        using var one = NewClient();
        using var other = NewClient();
        var id = await OpenAsync();

        var (heard, byOther) = (await NextAsync(one, d => d.LeaseId == id), await NextAsync(other, d => d.LeaseId == id));
        await one.ReportAsync(heard, TimeProvider.System.GetUtcNow(), Cancellation);

        Assert.Equal(heard.DirectiveId, byOther.DirectiveId);
        Assert.Null(await gateway.WaitingAsync(id));
        Assert.DoesNotContain(await gateway.DirectivesThereAsync(byOther.Cursor), d => d.LeaseId == id);
    }

    [Fact]
    public async Task A_gateway_that_restarts_under_its_scheduler_is_found_again_at_the_cursor()
    {
        var id = await OpenAsync();
        var url = new Uri($"http://127.0.0.1:{FreePorts.Any()}");
        KeyValuePair<string, string?>[] there = [new(Replica.GrpcUrl, url.ToString())];
        using var client = new SchedulerClient(url);
        var before = await gateway.StartReplicaAsync(there);
        await using var directives = client.DirectivesAsync(cancellationToken: Cancellation).GetAsyncEnumerator(Cancellation);
        do
            Assert.True(await directives.MoveNextAsync());
        while (directives.Current.LeaseId != id);
        await client.ReportAsync(directives.Current, TimeProvider.System.GetUtcNow(), Cancellation);

        var next = directives.MoveNextAsync();
        await before.DisposeAsync();
        // Told while its gateway was away.
        await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = id, Why = "to see" });
        await using var after = await gateway.StartReplicaAsync(there);

        Assert.True(await next);
        while (directives.Current.LeaseId != id)
            Assert.True(await directives.MoveNextAsync());
        Assert.Equal(Execution.Pause, directives.Current.Execution);
    }

    [Fact]
    public async Task A_scheduler_that_lost_everything_reads_what_every_vm_should_do()
    {
        var (runs, paused, closed) = (await OpenAsync(), await OpenAsync(), await OpenAsync());
        await gateway.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = paused, Why = "to see" });
        await gateway.Leases.CloseLeaseAsync(Ask.CloseAndWait(closed));

        using var client = NewClient();
        var levels = await client.ReconcileAsync(Cancellation).ToDictionaryAsync(l => l.LeaseId, l => l.Execution, cancellationToken: Cancellation);

        Assert.Equal((Execution.Run, Execution.Pause), (levels[runs], levels[paused]));
        Assert.DoesNotContain(closed, levels);
    }

    private SchedulerClient NewClient() => new(gateway.World.GrpcUrl);

    private static async Task<Directive> NextAsync(SchedulerClient client, Func<Directive, bool> wanted, string cursor = "") =>
        await client.DirectivesAsync(cursor, Cancellation).FirstAsync(wanted, Cancellation);

    private async Task<string> OpenAsync([System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var payer = await gateway.NewPayerAsync();
        var id = Ask.NewId(test);
        await gateway.Leases.OpenLeaseAsync(Ask.OpenAndWait(gateway, payer.Address, id, "1000"));
        return id;
    }
}
