using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Chains;
using Gateway.Server.Evaluation;
using Gateway.Server.Storage;

namespace Gateway.Server.Rebuilding;

/// <summary>Brings one account back from our operations on its flows. Twice is once.</summary>
internal sealed class AccountRebuild(IEthRpc rpc, ChainReader chain, RebuiltStores stores, AccountSession session, TimeProvider time)
{
    /// <param name="dryRun">Says what would come of it, and changes nothing.</param>
    /// <exception cref="StoredFormException">What is stored of it cannot be read. Its leases have no names then: none that is not found is said to be gone.</exception>
    public async Task<RestoredAccount> RunAsync(
        AccountKey account, IReadOnlyList<OwnOperation> operations, BlockRef head, bool dryRun, CancellationToken cancellationToken)
    {
        try
        {
            return await RestoreAsync(account, operations, head, dryRun, cancellationToken);
        }
        catch (StoredFormException) when (!dryRun)
        {
            await stores.Unclaimed.AddAsync(account, cancellationToken);
            throw;
        }
    }

    /// <summary>It is left out: nothing of it is said to be gone, and nothing is opened on it, until it is restored after all.</summary>
    public Task GiveUpAsync(AccountKey account, CancellationToken cancellationToken) => stores.Unclaimed.GiveUpAsync(account, cancellationToken);

    private async Task<RestoredAccount> RestoreAsync(
        AccountKey account, IReadOnlyList<OwnOperation> operations, BlockRef head, bool dryRun, CancellationToken cancellationToken)
    {
        var journal = new List<JournaledFlow>();
        // The chain's version of each flow tells whether it is still as we left it: what somebody has closed since is not raised from the dead.
        var seen = await chain.LookAsync(account, operations.Select(o => o.Flow.Payee), head, cancellationToken);
        foreach (var operation in operations)
            journal.Add(Compare(await TellAsync(operation, cancellationToken), seen));
        var before = await stores.Accounts.LoadAsync(account, cancellationToken);
        var ended = await FindEndedAsync(account, before, journal, dryRun, cancellationToken);

        var restoration = AccountMachine.Restore(before, journal, ended, time.GetUtcNow());
        if (!dryRun)
        {
            var stored = await session.ChangeAsync(
                account,
                book =>
                {
                    restoration = AccountMachine.Restore(book, journal, ended, time.GetUtcNow());
                    return restoration.Decision;
                },
                cancellationToken);
            restoration = restoration with { Decision = restoration.Decision with { Book = stored.After } };
            // Before the journal is taken as read: from then on a lease that is not stored might be said not to exist.
            await stores.Unclaimed.RestoredAsync(account, stored.After.Account.HasUnclaimed, cancellationToken);
        }

        var book = restoration.Decision.Book;
        return new RestoredAccount(
            [.. book.Leases.Values.Where(l => l.IsUnclaimed).Select(l => new RestoredLease(l, restoration.Restored.Contains(l.Id)))],
            restoration.Held,
            restoration.Doubtful,
            FindUnexplained(book, journal, seen));
    }

    private async Task<JournaledFlow> TellAsync(OwnOperation operation, CancellationToken cancellationToken)
    {
        FlowJournal? journal = UserDataRecord.TryDecode([.. operation.UserData], out var read) ? read : null;
        if (operation.Rate.IsZero)
            return new JournaledFlow(operation.Flow.Payee, FlowReading.None, operation.Block, journal);
        // The block's time is the flow's version: it tells whether somebody else has changed it since.
        var header = await rpc.RequireBlockAsync(operation.Block, cancellationToken);
        return new JournaledFlow(operation.Flow.Payee, new FlowReading(operation.Rate, header.Block.Time, TokenAmount.Zero), operation.Block, journal);
    }

    private static JournaledFlow Compare(JournaledFlow told, AccountObservation seen)
    {
        var present = seen.FlowTo(told.Payee);
        var isUntouched = present.Rate == told.After.Rate && present.LastUpdated == told.After.LastUpdated;
        return isUntouched ? told : told with { Since = new FlowSighting(present, seen.Block.Number) };
    }

    /// <summary>Leases of the journal that are over, or that another account has: they do not come back. The ids of all others are claimed.</summary>
    private async Task<ImmutableHashSet<LeaseId>> FindEndedAsync(
        AccountKey account, AccountBook book, List<JournaledFlow> journal, bool dryRun, CancellationToken cancellationToken)
    {
        var ended = ImmutableHashSet.CreateBuilder<LeaseId>();
        foreach (var id in journal.SelectMany(j => j.Journal?.Legs ?? []).Select(l => l.Lease).Distinct().Where(id => !book.Leases.ContainsKey(id)))
        {
            var exists = dryRun
                ? await stores.Accounts.FindLeaseAsync(id, cancellationToken) is not null
                : await stores.Claims.ClaimAsync(id, account, cancellationToken) is not LeaseClaim.Claimed;
            if (exists)
                ended.Add(id);
        }

        return ended.ToImmutable();
    }

    private static ImmutableArray<UnexplainedFlow> FindUnexplained(AccountBook book, List<JournaledFlow> journal, AccountObservation seen)
    {
        var account = book.Account.Key;
        var readable = journal.ToDictionary(j => j.Payee, j => j.Journal is not null);
        var flows = book.Account.Flows.Values
            .Where(f => readable.TryGetValue(f.Payee, out var isReadable) && (!f.Foreign.IsZero || !isReadable)).OrderBy(f => f.Payee);
        return
        [
            .. flows.Select(f => new UnexplainedFlow(
                new FlowKey(account.SuperToken, account.Payer, f.Payee),
                seen.FlowTo(f.Payee).Rate,
                f.Unclaimed.Rate,
                f.Unclaimed.Leases,
                f.Foreign.MinusFloored(f.Unclaimed.Rate),
                readable[f.Payee])),
        ];
    }
}

/// <summary>Where an account, its lease ids, and what has no name are kept.</summary>
internal sealed record RebuiltStores(AccountStore Accounts, LeaseClaims Claims, UnclaimedAccounts Unclaimed);
