using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Polly.CircuitBreaker;

namespace Gateway.Server.Resilience;

/// <summary>One RPC endpoint: guarded calls, and what is known of its health and its head.</summary>
internal sealed partial class RpcEndpoint
{
    private readonly EndpointPipelines _pipelines;
    private readonly ChainIdCheck _chain;
    private readonly EndpointHead _head;
    private readonly EthRpc _unguarded;
    private readonly RpcCallGuard _guard;
    private readonly EndpointTrust _trust;
    private readonly ILogger _logger;

    public RpcEndpoint(EndpointSetup setup, IJsonRpcTransport transport, ChainMetrics metrics, HeadPulse pulse, TimeProvider time, ILogger logger)
    {
        (Name, Setup, _logger) = (setup.Name, setup, logger);
        _chain = new ChainIdCheck(setup.ChainId, time, actual => LogQuarantined(_logger, Name, actual, setup.ChainId));
        _trust = new EndpointTrust(time);
        _head = new EndpointHead(Name, metrics, pulse, time, logger);
        _pipelines = new EndpointPipelines(Name, setup.RequestTimeout, time, OnOpened);
        _unguarded = new EthRpc(transport);
        _guard = new RpcCallGuard(Name, _pipelines, EnsureChainAsync, metrics);
        Rpc = new GuardedRpc(_unguarded, _guard, _head);
    }

    /// <summary>As configured, or host and port: in breakers, metrics and logs.</summary>
    public string Name { get; }

    public EndpointSetup Setup { get; }

    /// <summary>Guarded by its own pipelines. Throws nothing but <see cref="ChainException"/> and what a caller's own cancellation throws.</summary>
    public IEthRpc Rpc { get; }

    /// <summary>The highest block that its answers have shown; null before the first one.</summary>
    public BlockNumber? Head => _head.Height;

    /// <summary>The newest block that its answers have shown or that its socket has just announced.</summary>
    public BlockNumber? NewestHint => _head.NewestWithin(EndpointHead.AnnouncementLasts);

    /// <summary>The newest block that its answers have shown, or that its socket has announced within this time.</summary>
    public BlockNumber? NewestWithin(TimeSpan age) => _head.NewestWithin(age);

    /// <summary>The other chain that it said it is on; null where it did not.</summary>
    public ChainId? WrongChain => _chain.WrongChain;

    /// <summary>It is on another chain: it is not read from, and nothing is sent to it.</summary>
    public bool IsQuarantined => WrongChain is not null;

    /// <summary>Nothing speaks against asking it now.</summary>
    public bool IsHealthy => !IsQuarantined && _trust.Apart is null && _pipelines.RestsUntil is null && _pipelines.Breaker.State is CircuitState.Closed;

    /// <summary>Its socket told of a block. Not believed for reads before an answer shows it too.</summary>
    public void Announce(BlockNumber number) => _head.Announce(number);

    /// <summary>It was asked for a block beside others.</summary>
    /// <param name="agrees">Whether it has the one that they have.</param>
    public void Compared(BlockNumber at, bool agrees)
    {
        if (agrees)
            _trust.Agreed();
        else if (_trust.Contradicted(at))
            LogContradicts(_logger, Name, at);
    }

    /// <summary>For the engineer on call.</summary>
    public DependencyState ToState()
    {
        var state = _pipelines.Breaker.ToState("rpc:" + Name);
        if (WrongChain is { } wrong)
            return state with { State = BreakerState.Open, ChangedAt = _chain.WrongSince, Detail = $"Quarantined: it is on chain {wrong}." };
        if (_trust.Apart is { } apart)
            return state with { State = BreakerState.Open, ChangedAt = apart.Since, Detail = $"Quarantined: it contradicts the other endpoints, last at block {apart.At}." };
        return _pipelines.RestsUntil is { } until && state.State == BreakerState.Closed
            ? state with { State = BreakerState.Open, Detail = $"It asked for rest until {until:HH:mm:ss} UTC (too many requests)." }
            : state;
    }

    // Nobody's token ends the check: others wait for it too, and a half-open breaker must not be closed by a caller who went away.
    private Task EnsureChainAsync(CancellationToken cancellationToken) => _chain.EnsureAsync(
        new RpcOrigin(Name, "eth_chainId"),
        () => _guard.ReadUncheckedAsync("eth_chainId", _unguarded.GetChainIdAsync, CancellationToken.None),
        cancellationToken);

    private void OnOpened(Exception? why)
    {
        _chain.Forget();
        LogOpened(_logger, Name, why?.Message ?? "broadcasts without an answer");
    }

    [LoggerMessage(EventId = 6101, Level = LogLevel.Warning, Message = "RPC endpoint {Endpoint} is left alone for now: {Why}")]
    private static partial void LogOpened(ILogger logger, string endpoint, string why);

    [LoggerMessage(EventId = 6104, Level = LogLevel.Error, Message = "RPC endpoint {Endpoint} is quarantined: several times in a row it had another block than the others, last at {At}")]
    private static partial void LogContradicts(ILogger logger, string endpoint, BlockNumber at);

    [LoggerMessage(EventId = 6103, Level = LogLevel.Error, Message = "RPC endpoint {Endpoint} is quarantined: it is on chain {Actual}, not on {Expected}")]
    private static partial void LogQuarantined(ILogger logger, string endpoint, ChainId actual, ChainId expected);
}

/// <summary>One endpoint as configured.</summary>
/// <param name="WebSocketUrl">Null: new blocks are polled for.</param>
internal sealed record EndpointSetup(string Name, Uri Url, Uri? WebSocketUrl, ChainId ChainId, TimeSpan RequestTimeout);
