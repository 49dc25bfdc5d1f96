using System.Collections.Concurrent;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;

namespace Gateway.Server.Settlement;

/// <summary>Has accounts look at what was settled for them. One that cannot be told holds nobody up: it is told again in the next round.</summary>
internal sealed partial class LaneTeller(LanePorts ports, LaneMemory memory, LaneTroubles troubles, ILogger<LaneTeller> logger)
{
    private const int AtOnce = 8;

    /// <summary>Then it is left to the account's own audit.</summary>
    private const int MostTries = 3;

    /// <summary>Evaluates every account of which something was verified.</summary>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        if (memory.Unevaluated.IsEmpty)
            return;
        var told = new ConcurrentBag<AccountKey>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(memory.Unevaluated.Keys, options, async (account, ct) =>
        {
            if (await EvaluateAsync(account, ct))
                told.Add(account);
        });
        foreach (var account in memory.Unevaluated.Keys.ToList())
        {
            if (told.Contains(account) || ++memory.Unevaluated[account] == MostTries)
                memory.Unevaluated.TryRemove(account, out _);
        }

        if (memory.Unevaluated.IsEmpty)
            troubles.Over(LaneTrouble.AccountSilent);
        else
            troubles.Met(LaneTrouble.AccountSilent, $"{memory.Unevaluated.Count} accounts did not look at what was settled for them");
    }

    /// <summary>Says that the chain would refuse. If it gets lost, the flow's back-off ends some day and it is said again.</summary>
    public async Task RefuseAsync(AccountKey account, SettlementRefusal refusal, CancellationToken cancellationToken)
    {
        try
        {
            await ports.Accounts.RefuseAsync(account, refusal, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogUntold(e, account);
        }
    }

    /// <returns>False: it could not look.</returns>
    public async Task<bool> EvaluateAsync(AccountKey account, CancellationToken cancellationToken)
    {
        try
        {
            await ports.Accounts.EvaluateAsync(account, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Of one account, whatever it is: the lane serves all the others.
            LogUntold(e, account);
            return false;
        }
    }

    [LoggerMessage(EventId = 7150, Level = LogLevel.Warning, Message = "The account {Account} could not be told.")]
    private partial void LogUntold(Exception exception, AccountKey account);
}
