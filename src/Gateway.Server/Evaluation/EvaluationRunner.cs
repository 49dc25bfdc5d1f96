using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Storage;

namespace Gateway.Server.Evaluation;

/// <summary>Looks at several accounts, a few at a time. One account's trouble stays its own: the others are looked at all the same.</summary>
internal sealed partial class EvaluationRunner(AccountEvaluator evaluator, ILogger<EvaluationRunner> logger)
{
    private const int AtATime = 16;

    /// <returns>Those that could not be looked at: unknown, and to be looked at again soon.</returns>
    /// <param name="found">Called for each change of a flow that nobody had taken over before; by several at a time.</param>
    public async Task<IReadOnlyCollection<AccountKey>> RunAsync(
        IReadOnlyCollection<AccountKey> accounts, BlockRef? at, CancellationToken cancellationToken, Action<FlowChange>? found = null)
    {
        var failed = new System.Collections.Concurrent.ConcurrentBag<AccountKey>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(accounts, options, async (account, ct) =>
        {
            if (!await TryAsync(account, at, found, ct))
                failed.Add(account);
        });
        return failed;
    }

    private async Task<bool> TryAsync(AccountKey account, BlockRef? at, Action<FlowChange>? found, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var change in await evaluator.EvaluateAsync(account, at, cancellationToken))
                found?.Invoke(change);
            return true;
        }
        catch (ChainException e)
        {
            LogUnknown(account, e.Message);
            await TryUnverifiedAsync(account, cancellationToken);
        }
        catch (Exception e) when (e is ChainUnverifiedException or StoreUnavailableException)
        {
            LogUnknown(account, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A bug, or a stored form that cannot be read: it must not keep the next account from being looked at.
            LogFailed(e, account);
        }

        return false;
    }

    private async Task TryUnverifiedAsync(AccountKey account, CancellationToken cancellationToken)
    {
        try
        {
            await evaluator.EvaluateUnverifiedAsync(account, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e, account);
        }
    }

    [LoggerMessage(EventId = 2101, Level = LogLevel.Warning, Message = "Account {Account} is unknown for now: {Problem}")]
    private partial void LogUnknown(AccountKey account, string problem);

    [LoggerMessage(EventId = 2102, Level = LogLevel.Error, Message = "Account {Account} could not be evaluated")]
    private partial void LogFailed(Exception exception, AccountKey account);
}
