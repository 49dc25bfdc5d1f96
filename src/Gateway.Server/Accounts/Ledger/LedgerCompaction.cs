using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Drops the segments of an account's ledger that are older than they need be kept, and lie in closed periods.</summary>
/// <remarks>What later statements begin with is in the last closed period before them, and what the segments add up to is in the ledger: nothing changes by a wei.</remarks>
internal sealed class LedgerCompaction(LedgerStore ledgers, PeriodStore periods, IOptions<StatementOptions> options, TimeProvider time)
{
    /// <summary>Segments dropped by one call of the script.</summary>
    private const int AtOnce = 500;

    /// <summary>Calls for one account in one go: where there is more, it goes on the next time.</summary>
    private const int Most = 20;

    /// <returns>How many were dropped.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<int> RunAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var oldest = new BlockTime((ulong)Math.Max(0, (time.GetUtcNow() - options.Value.KeepDetails).ToUnixTimeSeconds()));
        if (await periods.LastEndingByAsync(account, oldest, cancellationToken) is not { } closed)
            return 0;
        var dropped = 0;
        for (var calls = 0; calls < Most; calls++)
        {
            var some = await ledgers.DropAsync(account, closed.To, AtOnce, cancellationToken);
            dropped += some;
            if (some < AtOnce)
                break;
        }

        return dropped;
    }
}
