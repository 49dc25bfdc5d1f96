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
        var ours = await store.WhichExistAsync(touched, cancellationToken);
        foreach (var account in await runner.RunAsync(ours, at, cancellationToken))
            await deadlines.BringForwardAsync(account, time.GetUtcNow() + Soon, cancellationToken);
    }
}
