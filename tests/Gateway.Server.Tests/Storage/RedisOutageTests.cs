using System.Diagnostics;
using Gateway.Domain.Accounts;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Gateway.Testing.Redis;
using Microsoft.Extensions.Options;
using Polly.CircuitBreaker;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>Redis goes away and comes back.</summary>
public sealed class RedisOutageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_outage_is_one_kind_of_exception_and_ends_by_itself()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-outage-");
        var first = Devnet.EmbeddedGarnet.Start(folder.FullName);
        var options = new OptionsWrapper<RedisOptions>(new RedisOptions { Connection = first.Connection, CommandTimeout = TimeSpan.FromSeconds(3) });
        await using var redis = new RedisConnection(options, new RedisPipelines(options, TimeProvider.System));
        var store = new AccountStore(redis);
        await store.CommitAsync(Given.Book(), Given.Book(null, Given.Lease("a")), [], NextLook.Never, Given.Now, Cancellation);

        first.Dispose();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.LoadAsync(Given.Account, Cancellation));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(Given.Book(), Given.Book(), [], NextLook.Never, Given.Now, Cancellation));

        // The same port and the same files: what was acknowledged is still there.
        using var second = Devnet.EmbeddedGarnet.Start(folder.FullName, first.Port);
        Assert.Equal(1UL, (await LoadOnceItAnswersAsync(store)).Account.Version);
    }

    [Fact]
    public async Task After_failures_in_a_row_nobody_waits_for_a_server_that_is_gone()
    {
        var garnet = Devnet.EmbeddedGarnet.Start(folder: null);
        var options = new OptionsWrapper<RedisOptions>(new RedisOptions { Connection = garnet.Connection, CommandTimeout = TimeSpan.FromSeconds(1) });
        var pipelines = new RedisPipelines(options, TimeProvider.System);
        await using var redis = new RedisConnection(options, pipelines);
        var store = new AccountStore(redis);
        await store.LoadAsync(Given.Account, Cancellation);
        garnet.Dispose();

        for (var i = 0; i < 20; i++)
            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.LoadAsync(Given.Account, Cancellation));

        Assert.Equal(CircuitState.Open, pipelines.State.CircuitState);
    }

    [Fact]
    public async Task A_signed_transaction_waits_for_the_replicas_that_are_configured()
    {
        Assert.SkipUnless(ProcessRedis.Executable is not null, "There is no redis-server on this machine to make a replica of.");
        await using var primary = await ProcessRedis.StartAsync(Cancellation, "--repl-diskless-sync-delay", "0");
        var options = new OptionsWrapper<RedisOptions>(new RedisOptions
        {
            Connection = primary.Connection,
            Replicas = 1,
            ReplicaTimeout = TimeSpan.FromSeconds(15),
            CommandTimeout = TimeSpan.FromSeconds(20),
        });
        await using var writeAhead = new WriteAhead(options, new RedisPipelines(options, TimeProvider.System));
        await using (var replica = await ProcessRedis.StartAsync(Cancellation, "--replicaof", $"127.0.0.1 {primary.Port}"))
        {
            Assert.Equal(1, (int)await writeAhead.RunAsync(RedisScript.Mark, ["f", "d", "r"], ["1", "1", "1", "1", "1", "", "16"], Cancellation));
        }

        options.Value.ReplicaTimeout = TimeSpan.FromMilliseconds(10);
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => writeAhead.RunAsync(RedisScript.Mark, ["f", "d", "r"], ["1", "2", "1", "1", "1", "", "16"], Cancellation));
        Assert.Contains("0 of 1 replicas", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<AccountBook> LoadOnceItAnswersAsync(AccountStore store)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await store.LoadAsync(Given.Account, Cancellation);
            }
            catch (StoreUnavailableException) when (Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(20))
            {
                // The library tries again at its own pace, which no test can hurry.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
            }
        }
    }
}
