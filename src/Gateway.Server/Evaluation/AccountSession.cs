using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Storage;

namespace Gateway.Server.Evaluation;

/// <summary>What a change of an account came to.</summary>
/// <param name="Before">As it was loaded.</param>
/// <param name="After">As it is stored now; the same where nothing was decided.</param>
internal sealed record SessionResult(AccountBook Before, AccountBook After)
{
    public bool HasChanged => !ReferenceEquals(Before, After);
}

/// <summary>Changes one account: load → decide → persist → tell, and again from the start where somebody else was faster.</summary>
internal sealed class AccountSession(
    AccountStore store, AccountLocks locks, AccountTeller teller, LeaseBreakers breakers, AccountPolicies policies, TimeProvider time)
{
    /// <summary>Rounds after which something is wrong: each lost round means that another change of this account succeeded.</summary>
    private const int MaxRounds = 50;

    /// <param name="decide">Pure, since it may run several times. Null, or a decision that changes nothing: nothing is stored.</param>
    /// <param name="with">A lease that has ended and so is no longer part of the loaded book, but that the decision is about.</param>
    /// <param name="onlyAfterJournal">As <see cref="AccountStore.CommitAsync"/> has it.</param>
    /// <exception cref="JournalUnreadException">Likewise.</exception>
    /// <exception cref="StoreUnavailableException">No answer: whether it was stored is unknown, and repeating it is safe.</exception>
    /// <exception cref="LeaseIdTakenException">A new lease's id belongs to another account by now.</exception>
    public async Task<SessionResult> ChangeAsync(
        AccountKey key, Func<AccountBook, Decision?> decide, CancellationToken cancellationToken, LeaseId? with = null, bool onlyAfterJournal = false)
    {
        using var held = await locks.EnterAsync(key, cancellationToken);
        for (var round = 0; round < MaxRounds; round++)
        {
            var before = await LoadAsync(key, with, cancellationToken);
            var now = time.GetUtcNow();
            if (decide(before) is not { } decided)
                return new SessionResult(before, before);
            var decision = AccountMachine.Correct(before, decided, policies.For(key), now);
            if (IsNothing(before, decision))
                return new SessionResult(before, before);
            using var traces = DirectiveTraces.Start(before, decision);
            var result = await store.CommitAsync(before, decision.Book, traces.Effects, NextLookAt(decision.Book, now), now, cancellationToken, onlyAfterJournal);
            if (result is CommitResult.Committed committed)
            {
                // What has ended has no breaker any more; in memory it would stay for ever.
                foreach (var ended in committed.Book.Leases.Values.Where(l => l.IsEnded))
                    breakers.Forget(ended.Id);
                await teller.TellAsync(before, committed, decision.Effects, cancellationToken);
                return new SessionResult(before, committed.Book);
            }

            traces.Discard();
        }

        throw new StoreUnavailableException($"Account {key} changes faster than it can be changed here.");
    }

    private NextLook NextLookAt(AccountBook book, DateTimeOffset now)
    {
        var policy = policies.For(book.Account.Key);
        return new NextLook(
            AccountDeadline.Next(book, policy, policies.AuditInterval, now), QuietAccount.Of(book, policy, policies.AuditInterval, now));
    }

    private async Task<AccountBook> LoadAsync(AccountKey key, LeaseId? with, CancellationToken cancellationToken)
    {
        var book = await store.LoadAsync(key, cancellationToken);
        if (with is null || book.Leases.ContainsKey(with))
            return book;
        return await store.FindLeaseAsync(key, with, cancellationToken) is { } ended ? book.With(ended) : book;
    }

    private static bool IsNothing(AccountBook before, Decision decision) =>
        decision.Effects.Count == 0
        && before.Account.Equals(decision.Book.Account)
        && before.Leases.Values.SequenceEqual(decision.Book.Leases.Values);
}
