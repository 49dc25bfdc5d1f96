using System.Collections.Concurrent;
using Gateway.Domain.Identity;

namespace Gateway.Server.Rebuilding;

/// <summary>How far one rebuild has come: what was done before an interruption is not done again after it.</summary>
/// <param name="from">Everything before is known to be stored; null: nothing is.</param>
internal sealed class RebuildProgress(BlockNumber? from)
{
    /// <summary>Passes that an account may fail in, for at least <see cref="Patience"/>, and not for an outage: then it is given up.</summary>
    public const int MostTries = 5;

    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<AccountKey, (BlockNumber Through, RestoredAccount Result)> _restored = [];
    private readonly ConcurrentDictionary<AccountKey, Failing> _failed = [];
    private bool _wasEmpty;

    public BlockNumber? From => from;

    /// <summary>Null before the first reading.</summary>
    public JournalScan? Scan { get; private set; }

    public IEnumerable<RestoredAccount> Restored => _restored.Values.Select(r => r.Result);

    public IReadOnlyCollection<FailedAccount> Failed => [.. _failed.Values.Select(f => f.Account)];

    /// <param name="deployed">No operation is older.</param>
    public JournalScan ScanFrom(BlockNumber deployed) => Scan ??= new JournalScan(from is { } block && block > deployed ? block : deployed);

    /// <summary>Whether the account is stored with all these operations.</summary>
    public bool IsRestored(AccountKey account, IEnumerable<OwnOperation> operations) =>
        _restored.TryGetValue(account, out var known) && operations.All(o => o.Block <= known.Through);

    public bool HasFailed(AccountKey account) => _failed.ContainsKey(account);

    /// <param name="through">The block by which it was compared.</param>
    public void Has(AccountKey account, BlockNumber through, RestoredAccount result)
    {
        _failed.TryRemove(account, out _);
        _restored[account] = (through, result);
    }

    /// <summary>Whether one more failure is one too many.</summary>
    public bool IsLastTry(AccountKey account, DateTimeOffset at) =>
        _failed.TryGetValue(account, out var before) && before.Times + 1 >= MostTries && at - before.Since >= Patience;

    /// <param name="isOutage">Says nothing of the account itself.</param>
    /// <returns>Whether that is news: it had not failed before, or is given up now.</returns>
    public bool Lacks(FailedAccount account, bool isOutage, DateTimeOffset at)
    {
        var before = _failed.GetValueOrDefault(account.Account);
        _failed[account.Account] = new Failing(account, (before?.Times ?? 0) + (isOutage ? 0 : 1), before?.Since ?? at);
        return before is null || account.IsGivenUp != before.Account.IsGivenUp;
    }

    /// <summary>Whether what was read may be believed. An empty journal that one endpoint alone tells of is asked for once more, from its beginning.</summary>
    public bool Believes()
    {
        if (_wasEmpty || Scan is not { IsEmptyByOne: true } scan)
            return true;
        _wasEmpty = true;
        scan.Restart();
        return false;
    }

    /// <summary>Every account is compared and stored once more; the journal is only read on.</summary>
    public void CompareAgain() => _restored.Clear();

    private sealed record Failing(FailedAccount Account, int Times, DateTimeOffset Since);
}
