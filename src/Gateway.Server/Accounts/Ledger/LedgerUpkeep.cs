using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>What is done for one account whose ledger is due.</summary>
internal sealed class LedgerUpkeep(LedgerKeeper keeper, LedgerScopes scopes, PeriodCloser closer, LedgerCompaction compaction, LedgerJournal journal)
{
    /// <returns>False: it comes again soon.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<bool> TryAsync(AccountKey account, BlockRef head, CancellationToken cancellationToken)
    {
        try
        {
            var (scope, leases) = await scopes.IndexAsync(account, cancellationToken);
            if (!(await keeper.BringUpAsync(account, scope, head, head.Time, cancellationToken)).IsVerified)
                return false;
            await scopes.IsKnownAsync(account, leases, cancellationToken);
            await closer.CloseDueAsync(account, head, cancellationToken);
            await compaction.RunAsync(account, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is ChainException or HistoryUnavailableException or UseNotKeptException)
        {
            // One account whose past is not to be had keeps no other waiting.
            journal.Failed(account, e);
            return false;
        }
    }
}
