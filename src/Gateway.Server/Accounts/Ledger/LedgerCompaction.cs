using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>What segments and use are dropped from.</summary>
internal sealed record DroppingStores(LedgerStore Ledgers, UsageLog Usage);

/// <summary>Drops what an account's statements were made of: what is older than it need be kept, and lies in closed periods.</summary>
/// <remarks>What later statements begin with is in the last closed period before them, and what is dropped stays as sums: nothing changes by a wei.</remarks>
internal sealed class LedgerCompaction(
    DroppingStores stores, PeriodStore periods, LeaseCompaction ended, AccountLeases accounts, IOptions<StatementOptions> options, TimeProvider time)
{
    /// <summary>Segments, or records of use, that go by one call of a script.</summary>
    private const int AtOnce = 500;

    /// <summary>Calls of each kind in one go: where there is more, it goes on the next time.</summary>
    private const int Most = 20;

    /// <returns>How many segments, leases, and records of use, were dropped.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<int> RunAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var oldest = time.GetUtcNow() - options.Value.KeepDetails;
        var second = new BlockTime((ulong)Math.Max(0, oldest.ToUnixTimeSeconds()));
        var closed = await periods.LastEndingByAsync(account, second, cancellationToken);
        var dropped = await ended.RunAsync(account, closed, oldest, cancellationToken);
        if (closed is not { To: var border })
            return dropped;
        dropped += await RepeatAsync(() => stores.Ledgers.DropAsync(account, border, AtOnce, cancellationToken));
        var (_, leases) = await accounts.ReadAsync(account, cancellationToken);
        foreach (var lease in leases.Where(l => l.OpenedAt < border.ToDateTimeOffset()))
            dropped += await RepeatAsync(() => stores.Usage.DropAsync(lease, border, AtOnce, cancellationToken));
        return dropped;
    }

    private static async Task<int> RepeatAsync(Func<Task<int>> drop)
    {
        var dropped = 0;
        for (var calls = 0; calls < Most; calls++)
        {
            var some = await drop();
            dropped += some;
            if (some < AtOnce)
                break;
        }

        return dropped;
    }
}
