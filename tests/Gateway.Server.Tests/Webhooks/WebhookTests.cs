using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Storage;
using Gateway.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Webhooks;

/// <summary>Events by HTTP: stored with the decision that they tell of, delivered once it is stored, by whoever lives.</summary>
public abstract class WebhookTests(StorageKind kind) : StorageTest(kind)
{
    private const string Secret = "a secret of the test";

    private readonly FakeTimeProvider _time = new(Given.Now);
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly HttpClient _http = new(new SocketsHttpHandler());
    private Receiver _receiver = null!; // Set before the test runs.
    private IOptions<WebhookOptions> _options = null!; // Likewise.

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _receiver = await Receiver.StartAsync(Cancellation);
        _options = new OptionsWrapper<WebhookOptions>(new WebhookOptions { Url = _receiver.Url });
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _http.Dispose();
        await _meters.DisposeAsync();
        if (_receiver is not null)
            await _receiver.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_warning_arrives_once_signed_and_with_its_figures()
    {
        await WarnAsync();

        Assert.Equal(1, await Process().RunOnceAsync(Cancellation));
        Assert.Equal(0, await Process().RunOnceAsync(Cancellation));

        var received = Assert.Single(_receiver.Requests);
        var body = JsonNode.Parse(received.Body)!;
        Assert.Equal(("account.runway_low", "account.runway_low", received.Id), (received.Type, (string?)body["type"], (string?)body["id"]));
        Assert.Equal((21600, 7200, "9000"), ((int)body["data"]!["threshold_seconds"]!, (int)body["data"]!["runway_seconds"]!, (string?)body["data"]!["available_balance"]));
        Assert.Equal(SignatureOf(received), received.Signature);
        Assert.Equal([], await OutboxAsync());
    }

    [Fact]
    public async Task A_directive_is_told_by_what_it_means_for_the_customer()
    {
        var book = Given.Book(null, Given.Lease("a"));
        await Store.CommitAsync(AccountBook.Empty(Given.Account), book, [Directive(Execution.Run, Reason.Funded)], NextLook.Never, Given.Now, Cancellation);
        Effect[] effects = [Directive(Execution.Pause, Reason.FlowLiquidated), Directive(Execution.Run, Reason.Recovered), Directive(Execution.Terminate, Reason.GraceExpired)];
        var stored = await Store.LoadAsync(Given.Account, Cancellation);
        await Store.CommitAsync(stored, stored, effects, NextLook.Never, Given.Now, Cancellation);

        await Process().RunOnceAsync(Cancellation);

        Assert.Equal(["lease.funded", "lease.paused", "lease.resumed", "lease.terminated"], _receiver.Requests.Select(r => r.Type).Order(StringComparer.Ordinal));
        var paused = JsonNode.Parse(_receiver.Requests.Single(r => r.Type == "lease.paused").Body)!["data"]!;
        Assert.Equal(("a", "REASON_FLOW_LIQUIDATED", "77"), ((string?)paused["lease_id"], (string?)paused["reason"], (string?)paused["buffer_lost"]));
        Assert.Equal(4, _receiver.Requests.Select(r => r.Id).Distinct().Count());
    }

    [Fact]
    public async Task What_is_not_taken_waits_longer_each_time_and_is_the_same_to_the_byte()
    {
        _receiver.Answer = HttpStatusCode.BadRequest;
        await WarnAsync();
        await Process().RunOnceAsync(Cancellation);
        Assert.Equal(0, await Process().RunOnceAsync(Cancellation));
        _time.Advance(TimeSpan.FromSeconds(30));
        await Process().RunOnceAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, await Process().RunOnceAsync(Cancellation));

        _receiver.Answer = HttpStatusCode.OK;
        _time.Advance(TimeSpan.FromSeconds(1));
        await Process().RunOnceAsync(Cancellation);

        Assert.Equal(3, _receiver.Requests.Count);
        Assert.Single(_receiver.Requests.Select(r => (r.Id, r.Body)).Distinct());
        Assert.All(_receiver.Requests, r => Assert.Equal(SignatureOf(r), r.Signature));
        Assert.Equal([], await OutboxAsync());
    }

    [Fact]
    public async Task Whoever_dies_with_an_event_in_his_hands_loses_none()
    {
        await WarnAsync();
        var claimed = await new EventOutbox(Redis).ClaimDueAsync(_time.GetUtcNow(), TimeSpan.FromMinutes(1), 4, Cancellation);
        Assert.Single(claimed);
        Assert.Equal(0, await Process().RunOnceAsync(Cancellation));

        _time.Advance(TimeSpan.FromMinutes(1));
        await Process().RunOnceAsync(Cancellation);

        Assert.Single(_receiver.Requests);
    }

    [Fact]
    public async Task What_nobody_takes_is_given_up_in_the_end()
    {
        _receiver.Answer = HttpStatusCode.NotFound;
        await WarnAsync();
        _time.Advance(TimeSpan.FromDays(2));

        await Process().RunOnceAsync(Cancellation);

        Assert.Equal([], await OutboxAsync());
    }

    [Fact]
    public async Task Without_a_receiver_nothing_is_kept()
    {
        _options = new OptionsWrapper<WebhookOptions>(new WebhookOptions());
        await WarnAsync();

        Assert.Equal([], await OutboxAsync());
    }

    private AccountStore Store => new(Redis, new WebhookEvents(_options));

    /// <summary>As a process that was just started has it.</summary>
    private WebhookStep Process()
    {
        var sender = new WebhookSender(_http, _options, new OptionsWrapper<WebhookSecret>(new WebhookSecret { Secret = Secret }), _time);
        return new WebhookStep(new EventOutbox(Redis), sender, new WebhookMetrics(_meters.GetRequiredService<IMeterFactory>()), _options, _time, NullLogger<WebhookStep>.Instance);
    }

    private async Task WarnAsync()
    {
        var health = Given.FullAccount().Health! with { AvailableBalance = TokenAmount.FromWei(9000) };
        var warning = new AccountWarning(WarningKind.RunwayLow, TimeSpan.FromHours(6), health, Runway.FromSeconds(7200), FlowRate.Max, Given.Rate(1));
        var empty = AccountBook.Empty(Given.Account);
        await Store.CommitAsync(empty, empty, [new Effect.Warn(warning)], NextLook.Never, Given.Now, Cancellation);
    }

    private static Effect.IssueDirective Directive(Execution execution, Reason reason) => new(
        LeaseId.Parse("a"), "vm-a", execution, reason, UnpaidFrom: null, Given.Evidence with { BufferLost = TokenAmount.FromWei(77) });

    private async Task<IEnumerable<string>> OutboxAsync() =>
        (await KeysAsync()).Where(k => k.EndsWith(":outbox", StringComparison.Ordinal) || k.EndsWith(":events", StringComparison.Ordinal));

    private static string SignatureOf(Received received)
    {
        var timestamp = received.Signature.Split(',')[0]["t=".Length..];
        var digest = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(timestamp + "." + received.Body));
        return $"t={timestamp},v1={Convert.ToHexStringLower(digest)}";
    }
}
