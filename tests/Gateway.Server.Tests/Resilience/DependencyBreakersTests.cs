using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Configuration;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Polly.CircuitBreaker;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

public sealed class DependencyBreakersTests : PoolTest
{
    private static readonly Hash32 Digest = Hash32.Parse("0x" + new string('1', 64));

    private RedisPipelines? _redis;
    private SignerPipeline? _signer;
    private DependencyBreakers? _breakers;

    private DependencyBreakers Breakers => _breakers ?? throw new InvalidOperationException("Not initialised yet.");

    private SignerPipeline Signer => _signer ?? throw new InvalidOperationException("Not initialised yet.");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _redis = new RedisPipelines(Options.Create(new RedisOptions()), Time);
        _signer = new SignerPipeline(Time);
        _breakers = new DependencyBreakers(Pool, _redis, _signer, new DependencyRegistry(), Services.GetRequiredService<ChainMetrics>());
    }

    [Fact]
    public void Everything_the_gateway_depends_on_is_there_from_the_start()
    {
        var states = Breakers.Snapshot();

        Assert.Equal(["rpc:first", "rpc:second", "redis", "signer"], states.Select(s => s.Name));
        Assert.All(states, s => Assert.Equal((BreakerState.Closed, null), (s.State, s.ChangedAt)));
        Assert.True(Breakers.CanAskChain);
    }

    [Fact]
    public async Task Endpoints_that_fail_are_told_with_the_time_and_the_reason()
    {
        First.FailWith(502, "<html>");
        Second.FailWith(502, "<html>");
        for (var i = 0; i < 4; i++)
            await Assert.ThrowsAnyAsync<Exception>(() => BalanceAsync());

        var first = Breakers.Snapshot()[0];
        Assert.Equal((BreakerState.Open, (DateTimeOffset?)Time.GetUtcNow()), (first.State, first.ChangedAt));
        Assert.Contains("HTTP 502", first.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", first.Detail, StringComparison.Ordinal);
        Assert.False(Breakers.CanAskChain);
    }

    [Fact]
    public async Task A_signer_that_fails_is_tried_once_more_and_then_left_alone()
    {
        var vault = new Vault();
        var guarded = Signer.Guard(vault);
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsAsync<IOException>(() => guarded.SignAsync(Digest, Cancellation));
        Assert.Equal(4, vault.Asked);

        await Assert.ThrowsAsync<BrokenCircuitException>(() => guarded.SignAsync(Digest, Cancellation));
        Assert.Equal(4, vault.Asked);
        Assert.Equal((BreakerState.Open, "The vault is sealed."), (Breakers.Snapshot()[^1].State, Breakers.Snapshot()[^1].Detail));

        vault.IsSealed = false;
        Time.Advance(TimeSpan.FromSeconds(2));
        await guarded.SignAsync(Digest, Cancellation);
        Assert.Equal(BreakerState.Closed, Breakers.Snapshot()[^1].State);
    }

    [Fact]
    public async Task Redis_is_told_as_its_pipeline_sees_it()
    {
        for (var i = 0; i < 4; i++)
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _redis!.Write.ExecuteAsync(
                static ValueTask (_) => throw new ObjectDisposedException("connection"), Cancellation));

        Assert.Equal(("redis", BreakerState.Open), (Breakers.Snapshot()[^2].Name, Breakers.Snapshot()[^2].State));
    }

    private sealed class Vault : ITransactionSigner
    {
        public bool IsSealed { get; set; } = true;

        public int Asked { get; private set; }

        public Address Address => Account;

        public Task<Signature> SignAsync(Hash32 digest, CancellationToken cancellationToken)
        {
            Asked++;
            return IsSealed ? throw new IOException("The vault is sealed.") : new PrivateKeySigner(Enumerable.Repeat((byte)1, 32).ToArray()).SignAsync(digest, cancellationToken);
        }
    }
}
