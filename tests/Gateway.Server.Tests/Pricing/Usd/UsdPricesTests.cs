using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Pricing.Usd;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using StackExchange.Redis;
using Xunit;

namespace Gateway.Server.Tests.Pricing.Usd;

/// <summary>What tokens are worth in dollars, from real sources, step by step and by a clock that the test moves.</summary>
public sealed class UsdPricesTests(SteppedWorld stepped) : IClassFixture<SteppedWorld>, IAsyncLifetime
{
    private readonly ShiftedTime _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Address Aleph => stepped.World.Chain.Tokens.Aleph;

    /// <summary>What another test has looked at is none of this one's.</summary>
    public async ValueTask InitializeAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(stepped.World.Redis);
        await redis.GetDatabase().KeyDeleteAsync(RedisKeys.WorthsBelieved);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_feed_is_read_by_its_pointer_and_believed_until_it_is_stale()
    {
        await using var feed = await Feed.StartAsync("""{"data":[{"a/b":{"usd":0.26}}]}""", Cancellation);
        await using var gateway = await NewGatewayAsync(("Location", feed.Url), ("Pointer", "/data/0/a~1b/usd"));
        var source = Source(gateway);
        Assert.Contains("is not known yet", source.Stale, StringComparison.Ordinal);

        await RefreshAsync(gateway);
        Assert.Equal(("0.26 USD", null), ($"{source.Worth}", source.Stale));
        Assert.Equal((BreakerState.Closed, "0.26 USD"), StateOf(gateway));

        feed.Status = 500;
        _time.Advance(TimeSpan.FromMinutes(9));
        await RefreshAsync(gateway);
        Assert.Equal(("0.26 USD", null), ($"{source.Worth}", source.Stale));

        _time.Advance(TimeSpan.FromMinutes(2));
        await RefreshAsync(gateway);
        Assert.Contains("was last known at", source.Stale, StringComparison.Ordinal);
        Assert.Equal(BreakerState.Open, StateOf(gateway).State);

        (feed.Status, feed.Body) = (200, """{"data":[{"a/b":{"usd":"0.27"}}]}""");
        _time.Advance(TimeSpan.FromSeconds(20));
        await RefreshAsync(gateway);
        Assert.Equal(("0.27 USD", null), ($"{source.Worth}", source.Stale));
    }

    [Theory]
    [InlineData(200, "nonsense", "It is no JSON.")]
    [InlineData(200, "{}", "There is nothing at '/usd'.")]
    [InlineData(200, """{"usd":null}""", "is no amount of dollars")]
    [InlineData(200, """{"usd":"NaN"}""", "is no amount of dollars")]
    [InlineData(200, """{"usd":1e2}""", "is no amount of dollars")]
    [InlineData(200, """{"usd":0}""", "is no amount of dollars")]
    [InlineData(200, """{"usd":-0.26}""", "is no amount of dollars")]
    [InlineData(200, """{"usd":0.33}""", "too far from 0.26 USD to be believed")]
    [InlineData(200, """{"usd":0.19}""", "too far from 0.26 USD to be believed")]
    [InlineData(200, """{"usd":0.3}""", "outside the configured bounds")]
    [InlineData(404, """{"usd":0.26}""", "answers 404.")]
    [InlineData(302, """{"usd":0.26}""", "answers 302.")]
    public async Task What_is_no_price_or_too_far_from_the_last_one_is_not_believed(int status, string body, string problem)
    {
        await using var feed = await Feed.StartAsync("""{"usd":0.26}""", Cancellation);
        await using var gateway = await NewGatewayAsync(("Location", feed.Url), ("Pointer", "/usd"), ("Most", body.Contains("0.3}", StringComparison.Ordinal) ? "0.29" : "10"));
        await RefreshAsync(gateway);
        (feed.Status, feed.Body) = (status, body);

        await RefreshAsync(gateway);

        Assert.Equal("0.26 USD", $"{Source(gateway).Worth}");
        var (_, detail) = StateOf(gateway);
        Assert.Contains(problem, detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-path", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_feed_that_hangs_is_given_up_and_a_jump_is_believed_once_somebody_has_looked()
    {
        await using var feed = await Feed.StartAsync("0.26", Cancellation);
        await using var gateway = await NewGatewayAsync(("Location", feed.Url), ("Timeout", "00:00:00.300"));
        await RefreshAsync(gateway);
        feed.Hangs = true;
        await RefreshAsync(gateway);
        Assert.Contains("did not answer within 0.3 s", StateOf(gateway).Detail, StringComparison.Ordinal);

        (feed.Hangs, feed.Body) = (false, "2.6");
        await RefreshAsync(gateway);
        Assert.Equal("0.26 USD", $"{Source(gateway).Worth}");
        await gateway.Get<UsdPrices>().BelieveAsync(Cancellation);
        Assert.Equal("2.6 USD", $"{Source(gateway).Worth}");
    }

    [Fact]
    public async Task Who_has_looked_is_believed_by_every_replica_for_a_minute_and_no_longer()
    {
        await using var feed = await Feed.StartAsync("0.26", Cancellation);
        await using var one = await NewGatewayAsync(("Location", feed.Url));
        await using var other = await NewGatewayAsync(("Location", feed.Url));
        await RefreshAsync(one);
        await RefreshAsync(other);
        feed.Body = "2.6";
        await RefreshAsync(other);
        Assert.Equal("0.26 USD", $"{Source(other).Worth}");

        await one.Get<UsdPrices>().BelieveAsync(Cancellation);
        // It was asked a moment ago, and asks again all the same.
        await other.Get<UsdPrices>().RefreshAsync(onlyDue: true, Cancellation);
        Assert.Equal(("2.6 USD", "2.6 USD"), ($"{Source(one).Worth}", $"{Source(other).Worth}"));

        // The feed is away just then: what it says an hour later nobody has looked at.
        feed.Status = 500;
        await one.Get<UsdPrices>().BelieveAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(61));
        (feed.Status, feed.Body) = (200, "26");
        await RefreshAsync(one);
        await RefreshAsync(other);
        Assert.Equal(("2.6 USD", "2.6 USD"), ($"{Source(one).Worth}", $"{Source(other).Worth}"));
        Assert.Contains("too far from 2.6 USD", StateOf(one).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_feed_that_is_frozen_is_as_old_as_it_says()
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(_time.GetUtcNow().ToUnixTimeSeconds());
        await using var feed = await Feed.StartAsync($$"""{"usd":0.26,"at":{{at.ToUnixTimeSeconds()}},"text":"{{at:yyyy-MM-dd'T'HH:mm:ss'Z'}}"}""", Cancellation);
        await using var seconds = await NewGatewayAsync(("Location", feed.Url), ("Pointer", "/usd"), ("AtPointer", "/at"));
        await using var text = await NewGatewayAsync(("Location", feed.Url), ("Pointer", "/usd"), ("AtPointer", "/text"));
        await using var none = await NewGatewayAsync(("Location", feed.Url), ("Pointer", "/usd"), ("AtPointer", "/usd"));
        _time.Advance(TimeSpan.FromMinutes(9));
        SteppedGateway[] all = [seconds, text, none];
        foreach (var gateway in all)
            await RefreshAsync(gateway);
        Assert.Equal((at, at, null), (Source(seconds).At, Source(text).At, Source(none).At));
        Assert.Equal((null, null), (Source(seconds).Stale, Source(text).Stale));
        Assert.Contains("is no instant", StateOf(none).Detail, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromMinutes(2));
        await RefreshAsync(seconds);
        await RefreshAsync(text);

        Assert.All([seconds, text], g => Assert.Contains("was last known at", Source(g).Stale, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_fixed_worth_needs_nobody_and_a_file_is_read_like_a_feed()
    {
        var path = PriceFiles.Write("\"0.5\"");
        await using var gateway = await NewGatewayAsync(("Fixed", "1"));
        await using var filed = await NewGatewayAsync(("Location", path));
        await RefreshAsync(filed);

        _time.Advance(TimeSpan.FromDays(300));

        Assert.Equal(("1 USD", null), ($"{Source(gateway).Worth}", Source(gateway).Stale));
        Assert.Equal("0.5 USD", $"{Source(filed).Worth}");
        Assert.NotNull(Source(filed).Stale);
    }

    [Fact]
    public async Task An_aggregator_on_chain_is_read_with_its_decimals_and_its_age()
    {
        var aggregator = await TinyAggregator.DeployAsync(stepped.World.Chain, seed: 1);
        await using var gateway = await NewGatewayAsync(("Aggregator", aggregator.Address.ToString()), ("StaleAfter", "01:00:00"));
        var (source, now) = (Source(gateway), _time.GetUtcNow());

        await aggregator.SetAsync(26_012_345, now.AddMinutes(-50));
        await RefreshAsync(gateway);
        Assert.Equal(("0.26012345 USD", null), ($"{source.Worth}", source.Stale));

        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Contains("was last known at", source.Stale, StringComparison.Ordinal);

        await aggregator.SetAsync(270_000_000_000, now, decimals: 12);
        await RefreshAsync(gateway);
        Assert.Equal(("0.27 USD", null), ($"{source.Worth}", source.Stale));
    }

    [Theory]
    [InlineData(0, 8, 7, true, "which is no price")]
    [InlineData(-26_000_000, 8, 7, true, "which is no price")]
    [InlineData(26_000_000, 8, 6, true, "what an older round came to")]
    [InlineData(26_000_000, 8, 7, false, "has not finished its round")]
    public async Task An_aggregator_that_has_no_price_now_is_not_believed(long answer, int decimals, int answeredIn, bool isUpdated, string problem)
    {
        var aggregator = await TinyAggregator.DeployAsync(stepped.World.Chain, seed: 2);
        await using var gateway = await NewGatewayAsync(("Aggregator", aggregator.Address.ToString()));
        await aggregator.SetAsync(answer, isUpdated ? _time.GetUtcNow() : null, decimals, answeredIn: answeredIn);

        await RefreshAsync(gateway);

        Assert.Null(Source(gateway).Worth);
        Assert.Contains(problem, StateOf(gateway).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_there_is_no_aggregator_there_is_no_price()
    {
        await using var gateway = await NewGatewayAsync(("Aggregator", "0x00000000000000000000000000000000000000bb"));

        await RefreshAsync(gateway);

        Assert.Contains("cannot be asked", StateOf(gateway).Detail, StringComparison.Ordinal);
    }

    private Task<SteppedGateway> NewGatewayAsync(params (string Key, string Value)[] source) =>
        stepped.NewGatewayWithAsync(_time, source.Select(s => new KeyValuePair<string, string?>($"Gateway:Prices:Usd:ALEPH:{s.Key}", s.Value)));

    private static Task RefreshAsync(SteppedGateway gateway) => gateway.Get<UsdPrices>().RefreshAsync(onlyDue: false, Cancellation);

    private UsdPriceSource Source(SteppedGateway gateway) => gateway.Get<UsdPrices>().Find(Aleph)!; // It is configured.

    private static (BreakerState State, string Detail) StateOf(SteppedGateway gateway)
    {
        _ = gateway.Get<UsdPrices>();
        var state = Assert.Single(gateway.Get<DependencyBreakers>().Snapshot(), d => d.Name == "prices:ALEPH");
        return (state.State, state.Detail);
    }
}
