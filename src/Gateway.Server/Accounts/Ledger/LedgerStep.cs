using Gateway.Server.Chains;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Moves on the ledgers that are due, so that what nodes drop of their past is known by then. Claimed, not owned: every replica takes some.</summary>
internal sealed class LedgerStep(LedgerStore store, LedgerSweep sweep, LedgerUpkeep upkeep, ChainReader chain, IOptions<StatementOptions> options, TimeProvider time)
{
    /// <summary>Claimed by one step: most of them have not changed, and are moved on together.</summary>
    private const int Most = 1_024;

    /// <summary>Of those that have, as many are looked at by one step: a loop that finishes none for long is taken for dead.</summary>
    private const int MostAlone = 64;

    private const int AtOnce = 4;

    /// <summary>Whoever claims an account and dies leaves it to others after this time; one that could not be read comes again then.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(5);

    /// <returns>How many were taken.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<(int Moved, bool MayBeMore)> RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var due = await store.ClaimDueAsync(now, now + Hold, Most, cancellationToken);
        if (due.Count == 0)
            return (0, false);
        var head = (await chain.HeadAsync(cancellationToken)).Block;
        var changed = await sweep.RunAsync(due, head, now + Hold, now + options.Value.LedgerEvery, cancellationToken);
        await Parallel.ForEachAsync(changed.Take(MostAlone), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (account, ct) =>
        {
            if (await upkeep.TryAsync(account, head, ct))
                await store.PutOffAsync(account, now + Hold, now + options.Value.LedgerEvery, ct);
        });
        foreach (var account in changed.Skip(MostAlone))
            await store.PutOffAsync(account, now + Hold, now, cancellationToken); // To the next step.
        return (due.Count, due.Count >= Most || changed.Count > MostAlone);
    }
}
