using System.Diagnostics;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class RedisConnectionTests(StorageKind kind) : StorageTest(kind)
{
    [Fact]
    public async Task Scripts_go_on_after_every_node_has_forgotten_them()
    {
        var deadlines = new AccountDeadlines(Redis);
        await deadlines.ClaimDueAsync(Given.Now, TimeSpan.FromSeconds(1), 64, Cancellation);
        foreach (var server in Admin.GetServers())
            await server.ExecuteAsync("SCRIPT", "FLUSH");

        await deadlines.ClaimDueAsync(Given.Now, TimeSpan.FromSeconds(1), 64, Cancellation);
        Assert.IsType<LeaseClaim.Claimed>(
            await new LeaseClaims(Redis, new AccountStore(Redis)).ClaimAsync(Given.Lease("a").Id, Given.Account, Cancellation));
    }

    [Fact]
    public async Task A_call_below_a_request_is_a_span_with_the_scripts_name()
    {
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        List<Activity> spans = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == GatewayTelemetry.RedisSourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                // Others run at the same time.
                lock (spans)
                {
                    if (span.TraceId == request.TraceId)
                        spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        await new AccountStore(Redis).CommitAsync(Given.Book(), Given.Book(), [], NextLook.Never, Given.Now, Cancellation);
        Activity.Current = null;
        await new AccountStore(Redis).LoadAsync(Given.Account, Cancellation);

        var span = Assert.Single(spans);
        Assert.Equal(("EVALSHA commit", ActivityKind.Client, request.SpanId), (span.DisplayName, span.Kind, span.ParentSpanId));
        Assert.Equal("redis", span.GetTagItem("db.system.name"));
        Assert.Equal("commit", span.GetTagItem("db.stored_procedure.name"));
    }

    [Fact]
    public async Task A_mistake_of_ours_is_not_an_outage()
    {
        var key = RedisKeys.LeaseIndex(Given.Lease("a").Id);
        await Database.StringSetAsync(key, "not a hash");

        await Assert.ThrowsAsync<RedisServerException>(() => Redis.RunAsync(RedisScript.Claim, [key], ["x", 0], Cancellation));
    }
}
