using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Server.Configuration;
using Gateway.Server.Workers;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Chains;

/// <summary>Compares the configuration with the chain before anything is served, and again every minute: a wrong chain, host or token stops the gateway.</summary>
/// <remarks>A chain that cannot be asked is no verdict: the gateway then starts without it, refuses new leases, and goes on asking.</remarks>
internal sealed partial class ChainGate(
    ChainDirectory directory, IEthRpc rpc, IHostApplicationLifetime lifetime, StepLoop loop, TimeProvider time, ILogger<ChainGate> logger)
    : BackgroundService, IHostedLifecycleService
{
    /// <summary>How long a start waits for a chain that does not answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Governance may change periods and minimum deposits at any time (superfluid.md §4.4). The replica that took its log over reads them at once, the others by this.</summary>
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(1);

    private long _refreshedAt;

    /// <exception cref="OptionsValidationException">The chain is not what configuration says.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (!directory.IsVerified && time.GetElapsedTime(since) < Patience)
        {
            var problems = await TryCheckAsync(cancellationToken);
            if (problems.Length > 0)
                throw new OptionsValidationException(ChainOptions.Section, typeof(ChainOptions), problems.Select(p => $"{ChainOptions.Section}: {p}"));
            if (!directory.IsVerified)
                await Task.Delay(RetryInterval, time, cancellationToken);
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Reads the parameters again at once: an event said that governance changed them.</summary>
    /// <exception cref="ChainException">The chain cannot be asked: they are as they were.</exception>
    public async Task ReadAgainAsync(CancellationToken cancellationToken) => StopAt(await CheckAsync(cancellationToken));

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _refreshedAt = time.GetTimestamp();
        return loop.RunAsync(Loops.Chain, StepAsync, ct => Task.Delay(RetryInterval, time, ct), stoppingToken);
    }

    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        if (directory.IsVerified && time.GetElapsedTime(_refreshedAt) < RefreshInterval)
            return false;
        StopAt(await TryCheckAsync(cancellationToken));
        _refreshedAt = time.GetTimestamp();
        return false;
    }

    private void StopAt(ImmutableArray<string> problems)
    {
        if (problems.Length == 0)
            return;
        // It was right at the start, or never could be asked: either way no money may move on it.
        foreach (var problem in problems)
            LogWrongChain(problem);
        lifetime.StopApplication();
    }

    private async Task<ImmutableArray<string>> TryCheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await CheckAsync(cancellationToken);
        }
        catch (ChainException e)
        {
            LogUnreachable(e.Message);
            return [];
        }
    }

    private async Task<ImmutableArray<string>> CheckAsync(CancellationToken cancellationToken)
    {
        var facts = await new DeploymentCheck(directory.Deployment, rpc).RunAsync(cancellationToken);
        if (facts.Problems.IsEmpty)
            directory.Take(facts);
        // It was right before: a node that begins anew is behind, and no verdict about the configuration.
        if (facts.IsBehind && directory.IsVerified)
            throw new RpcFailedException(new RpcOrigin("the pool", "eth_blockNumber"), RpcFailure.Behind, "the head is before the deployment's first block");
        return facts.Problems;
    }

    [LoggerMessage(EventId = 6001, Level = LogLevel.Warning, Message = "The chain cannot be asked: {Problem}")]
    private partial void LogUnreachable(string problem);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Critical, Message = "The chain is not what configuration says, the gateway stops: {Problem}")]
    private partial void LogWrongChain(string problem);
}
