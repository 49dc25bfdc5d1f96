using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Evaluation;
using Gateway.Server.Storage;

namespace Gateway.Server.Watching;

/// <summary>Looks at those of the touched accounts that are ours. One that cannot be looked at now is put down for soon, so that the cursor may move on.</summary>
internal sealed class TouchedAccounts(
    AccountStore store, PooledAccounts pooled, AccountDeadlines deadlines, EvaluationRunner runner, ResyncMetrics metrics, TimeProvider time)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <exception cref="StoreUnavailableException">Redis has no answer: the cursor must stay.</exception>
    public async Task LookAsync(Touched touched, BlockRef at, CancellationToken cancellationToken)
    {
        var ours = await OursAsync(touched.Accounts.Keys, cancellationToken);
        await pooled.AddAsync([.. ours.Where(touched.Members.Contains)], cancellationToken);
        await RunAsync(ours, at, cancellationToken);
        // Those that no log names are due at once instead, and behind those that one does: at most of them a glance will do.
        var members = await pooled.OfTokensAsync([.. touched.PooledTokens.Keys], cancellationToken);
        await Task.WhenAll(members.Select(m => deadlines.BringForwardAsync(m, time.GetUtcNow(), cancellationToken)));
    }

    /// <summary>Looks at those of them that nobody has looked at since they were touched.</summary>
    /// <returns>How many those were.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer: the cursor must stay.</exception>
    public async Task<int> LookAtMissedAsync(Touched touched, CancellationToken cancellationToken)
    {
        var ours = await OursAsync(touched.Accounts.Keys, cancellationToken);
        await pooled.AddAsync([.. ours.Where(touched.Members.Contains)], cancellationToken);
        var members = await OursAsync(await pooled.OfTokensAsync([.. touched.PooledTokens.Keys], cancellationToken), cancellationToken);
        (AccountKey Account, BlockNumber At)[] all =
            [.. ours.Select(a => (a, touched.Accounts[a])), .. members.Where(m => !touched.Accounts.ContainsKey(m)).Select(m => (m, touched.PooledTokens[m.SuperToken]))];
        var missed = await Task.WhenAll(all.Select(a => IsMissedAsync(a.Account, a.At, cancellationToken)));
        List<AccountKey> unseen = [.. all.Zip(missed).Where(a => a.Second).Select(a => a.First.Account)];
        // What the look itself takes over counts, as with the audit: that nobody had looked is no loss by itself.
        await RunAsync(unseen, at: null, cancellationToken, _ => metrics.Repaired(ResyncCause.Rescan));
        return unseen.Count;
    }

    private async Task<IReadOnlyList<AccountKey>> OursAsync(IEnumerable<AccountKey> accounts, CancellationToken cancellationToken) =>
        await store.WhichExistAsync([.. accounts], cancellationToken);

    private async Task RunAsync(IReadOnlyCollection<AccountKey> ours, BlockRef? at, CancellationToken cancellationToken, Action<FlowChange>? found = null)
    {
        foreach (var account in await runner.RunAsync(ours, at, cancellationToken, found))
            await deadlines.BringForwardAsync(account, time.GetUtcNow() + Soon, cancellationToken);
    }

    private async Task<bool> IsMissedAsync(AccountKey account, BlockNumber touchedAt, CancellationToken cancellationToken)
    {
        try
        {
            return IsUnseenAt(touchedAt, await store.LoadAsync(account, cancellationToken));
        }
        catch (StoredFormException)
        {
            return true; // The look tells of it, and of it alone.
        }
    }

    // Nobody looks at an account on which nothing depends: it is never verified again, and that is no loss.
    private static bool IsUnseenAt(BlockNumber touchedAt, AccountBook book) =>
        !(book.Leases.IsEmpty && book.Account.Flows.IsEmpty) && !(book.Account.Health?.Block >= touchedAt);
}
