using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Gateway.Testing.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>A Redis that may forget leases is refused at start.</summary>
public sealed class RedisGateTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Redis_with_an_append_only_file_and_without_eviction_is_fine()
    {
        await using var server = await RedisChoice.StartAsync(Cancellation);

        Assert.Empty(await RedisHealth.FindProblemsAsync(server.Connection));
        await StartAsync(server.Connection, allowVolatile: false);
    }

    [Fact]
    public async Task Embedded_Garnet_with_a_file_is_fine_although_it_says_nothing_about_eviction()
    {
        await using var garnet = new GarnetRedis();

        Assert.Empty(await RedisHealth.FindProblemsAsync(garnet.Connection));
    }

    [Fact]
    public async Task Embedded_Garnet_without_a_file_is_refused_unless_told_otherwise()
    {
        using var garnet = Devnet.EmbeddedGarnet.Start(folder: null);

        var problem = Assert.Single(await RedisHealth.FindProblemsAsync(garnet.Connection));
        Assert.Contains("append-only file", problem, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(garnet.Connection, allowVolatile: false));
        Assert.Contains(problem, refused.Failures);
        await StartAsync(garnet.Connection, allowVolatile: true);
    }

    [Fact]
    public async Task Every_problem_is_told_at_once()
    {
        Assert.SkipUnless(ProcessRedis.Executable is not null, "There is no redis-server on this machine.");
        await using var server = await ProcessRedis.StartAsync(Cancellation, "--maxmemory-policy", "allkeys-lru", "--appendonly", "no");

        var problems = await RedisHealth.FindProblemsAsync(server.Connection);

        Assert.Equal(2, problems.Count);
        Assert.Contains("allkeys-lru", problems[0], StringComparison.Ordinal);
        Assert.Contains("append-only file", problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_hides_its_configuration_is_asked_otherwise()
    {
        Assert.SkipUnless(ProcessRedis.Executable is not null, "There is no redis-server on this machine.");
        await using var server = await ProcessRedis.StartAsync(Cancellation, "--rename-command", "CONFIG", "");

        Assert.Empty(await RedisHealth.FindProblemsAsync(server.Connection));
    }

    private static async Task StartAsync(string connection, bool allowVolatile)
    {
        var options = new OptionsWrapper<RedisOptions>(new RedisOptions { Connection = connection, AllowVolatile = allowVolatile });
        await new RedisGate(options, TimeProvider.System, NullLogger<RedisGate>.Instance).StartingAsync(Cancellation);
    }
}
