using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Evaluation;
using Gateway.Server.Storage;

namespace Gateway.Server.Watching;

/// <summary>Looks at those of the touched accounts that are ours. One that cannot be looked at now is put down for soon, so that the cursor may move on.</summary>
internal sealed class TouchedAccounts(AccountStore store, AccountDeadlines deadlines, EvaluationRunner runner, TimeProvider time)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <exception cref="StoreUnavailableException">Redis has no answer: the cursor must stay.</exception>
    public async Task LookAsync(IReadOnlyCollection<AccountKey> touched, BlockRef at, CancellationToken cancellationToken)
    {
        if (touched.Count == 0)
            return;
        await RunAsync(await store.WhichExistAsync(touched, cancellationToken), at, cancellationToken);
    }

    /// <summary>Looks at those of them that nobody has looked at since they were touched.</summary>
    /// <param name="touched">Each with the newest block that touched it.</param>
    /// <returns>How many those were.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer: the cursor must stay.</exception>
    public async Task<int> LookAtMissedAsync(IReadOnlyDictionary<AccountKey, BlockNumber> touched, CancellationToken cancellationToken)
    {
        if (touched.Count == 0)
            return 0;
        var ours = await store.WhichExistAsync([.. touched.Keys], cancellationToken);
        var missed = await Task.WhenAll(ours.Select(account => IsMissedAsync(account, touched[account], cancellationToken)));
        List<AccountKey> unseen = [.. ours.Zip(missed).Where(a => a.Second).Select(a => a.First)];
        await RunAsync(unseen, at: null, cancellationToken);
        return unseen.Count;
    }

    private async Task RunAsync(IReadOnlyCollection<AccountKey> ours, BlockRef? at, CancellationToken cancellationToken)
    {
        foreach (var account in await runner.RunAsync(ours, at, cancellationToken))
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
