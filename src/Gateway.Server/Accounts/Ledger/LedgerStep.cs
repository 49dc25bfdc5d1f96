using Gateway.Server.Chains;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Moves on the ledgers that are due, so that what nodes drop of their past is known by then. Claimed, not owned: every replica takes some.</summary>
internal sealed class LedgerStep(LedgerStore store, LedgerUpkeep upkeep, ChainReader chain, IOptions<StatementOptions> options, TimeProvider time)
{
    /// <summary>Bounds one step.</summary>
    private const int Most = 64;

    private const int AtOnce = 4;

    /// <summary>Whoever claims an account and dies leaves it to others after this time; one that could not be read comes again then.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(5);

    /// <returns>How many were moved on; as many as the bound: there may be more.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<(int Moved, bool MayBeMore)> RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var due = await store.ClaimDueAsync(now, now + Hold, Most, cancellationToken);
        if (due.Count == 0)
            return (0, false);
        var head = (await chain.HeadAsync(cancellationToken)).Block;
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (account, ct) =>
        {
            if (await upkeep.TryAsync(account, head, ct))
                await store.PutOffAsync(account, now + Hold, now + options.Value.LedgerEvery, ct);
        });
        return (due.Count, due.Count >= Most);
    }
}
