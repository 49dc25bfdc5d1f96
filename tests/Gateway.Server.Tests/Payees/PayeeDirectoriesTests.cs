using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Payees;
using Gateway.Server.Resilience;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Pricing;
using Gateway.Server.Tests.Settlement;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Payees;

/// <summary>The directory of a real HTTP server, step by step.</summary>
public sealed class PayeeDirectoriesTests(SteppedWorld stepped) : IClassFixture<SteppedWorld>
{
    private readonly ShiftedTime _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("status")]
    [InlineData("garbage")]
    [InlineData("hangs")]
    public async Task The_last_good_one_counts_while_its_source_is_away_and_over_a_restart(string fault)
    {
        await using var feed = await Feed.StartAsync(Listing(1), Cancellation);
        await using (var gateway = await NewGatewayAsync(feed.Url))
        {
            await gateway.Get<PayeeDirectories>().RefreshAsync(Cancellation);
            await gateway.Get<PayeeDirectories>().RefreshAsync(Cancellation);
        }

        Break(feed, fault);
        await using var restarted = await NewGatewayAsync(feed.Url);
        var directories = restarted.Get<PayeeDirectories>();
        await Assert.ThrowsAsync<PayeeDirectoryUnreadException>(() => Task.FromResult(directories.WhyNot(Payee(1))));
        Assert.Contains("has not been read yet", directories.Trouble, StringComparison.Ordinal);

        await directories.RefreshAsync(Cancellation);

        Assert.Null(directories.WhyNot(Payee(1)));
        Assert.NotNull(directories.WhyNot(Payee(2)));
        Assert.Null(directories.Trouble);
        var state = Assert.Single(restarted.Get<DependencyBreakers>().Snapshot(), d => d.Name == PayeeDirectories.Name);
        Assert.DoesNotContain("secret-path", state.Detail, StringComparison.Ordinal);
        Assert.NotEqual("It answers.", state.Detail);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Contains("was read at", directories.Trouble, StringComparison.Ordinal);

        (feed.Status, feed.Hangs, feed.Body) = (200, false, Listing(2));
        await directories.RefreshAsync(Cancellation);

        Assert.Null(directories.WhyNot(Payee(2)));
        Assert.NotNull(directories.WhyNot(Payee(1)));
        Assert.Null(directories.Trouble);
    }

    [Fact]
    public async Task One_that_never_changes_is_as_old_after_a_restart_as_it_was_before()
    {
        await using var feed = await Feed.StartAsync(Listing(1), Cancellation);
        await using (var gateway = await NewGatewayAsync(feed.Url))
        {
            await gateway.Get<PayeeDirectories>().RefreshAsync(Cancellation);
            _time.Advance(TimeSpan.FromMinutes(40));
            await gateway.Get<PayeeDirectories>().RefreshAsync(Cancellation);
        }

        _time.Advance(TimeSpan.FromMinutes(25));
        Break(feed, "status");
        await using var restarted = await NewGatewayAsync(feed.Url);
        await restarted.Get<PayeeDirectories>().RefreshAsync(Cancellation);

        Assert.Null(restarted.Get<PayeeDirectories>().WhyNot(Payee(1)));
        Assert.Null(restarted.Get<PayeeDirectories>().Trouble);
        _time.Advance(TimeSpan.FromMinutes(40));
        Assert.Contains("was read at", restarted.Get<PayeeDirectories>().Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_fails_again_and_again_is_left_alone_for_a_while()
    {
        await using var feed = await Feed.StartAsync(Listing(1), Cancellation);
        feed.Status = 500;
        await using var gateway = await NewGatewayAsync(feed.Url);
        var directories = gateway.Get<PayeeDirectories>();
        for (var i = 0; i < 3; i++)
            await directories.RefreshAsync(Cancellation);
        var asked = feed.Requests;

        await directories.RefreshAsync(Cancellation);
        var state = Assert.Single(gateway.Get<DependencyBreakers>().Snapshot(), d => d.Name == PayeeDirectories.Name);
        _time.Advance(TimeSpan.FromSeconds(16));
        feed.Status = 200;
        await directories.RefreshAsync(Cancellation);

        Assert.Equal((BreakerState.Open, asked + 1), (state.State, feed.Requests));
        Assert.Null(directories.WhyNot(Payee(1)));
    }

    [Fact]
    public async Task What_is_stored_of_another_source_is_not_used()
    {
        await using var feed = await Feed.StartAsync(Listing(1), Cancellation);
        await using (var gateway = await NewGatewayAsync(feed.Url))
            await gateway.Get<PayeeDirectories>().RefreshAsync(Cancellation);
        await using var other = await NewGatewayAsync("/nowhere/payees.json");

        await other.Get<PayeeDirectories>().RefreshAsync(Cancellation);

        Assert.Throws<PayeeDirectoryUnreadException>(() => other.Get<PayeeDirectories>().WhyNot(Payee(1)));
    }

    private Task<SteppedGateway> NewGatewayAsync(string source) => stepped.NewGatewayWithAsync(
        _time, [new("Gateway:PayeeDirectory:Source", source), new("Gateway:PayeeDirectory:Timeout", "00:00:00.500")]);

    private static void Break(Feed feed, string fault)
    {
        feed.Status = fault == "status" ? 503 : 200;
        feed.Hangs = fault == "hangs";
        feed.Body = "{\"payees\": nonsense";
    }

    private static string Listing(int seed) => $$"""{"payees":[{"address":"{{Given.Address(seed)}}","roles":["node"]}]}""";

    private static Payee Payee(int seed) => new(Given.Address(seed), SharePpm.FromPpm(SharePpm.Whole), "node");
}
