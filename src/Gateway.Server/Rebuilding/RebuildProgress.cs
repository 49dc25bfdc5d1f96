using System.Collections.Concurrent;
using Gateway.Domain.Identity;

namespace Gateway.Server.Rebuilding;

/// <summary>How far one rebuild has come: what was done before an interruption is not done again after it.</summary>
/// <param name="from">Everything before is known to be stored; null: nothing is.</param>
internal sealed class RebuildProgress(BlockNumber? from)
{
    private readonly ConcurrentDictionary<AccountKey, (BlockNumber Through, RestoredAccount Result)> _restored = [];
    private readonly ConcurrentDictionary<AccountKey, FailedAccount> _failed = [];
    private bool _wasEmpty;

    public BlockNumber? From => from;

    /// <summary>Null before the first reading.</summary>
    public JournalScan? Scan { get; private set; }

    public IEnumerable<RestoredAccount> Restored => _restored.Values.Select(r => r.Result);

    public IReadOnlyCollection<FailedAccount> Failed => [.. _failed.Values];

    /// <param name="deployed">No operation is older.</param>
    public JournalScan ScanFrom(BlockNumber deployed) => Scan ??= new JournalScan(from is { } block && block > deployed ? block : deployed);

    /// <summary>Whether the account is stored with all these operations.</summary>
    public bool IsRestored(AccountKey account, IEnumerable<OwnOperation> operations) =>
        _restored.TryGetValue(account, out var known) && operations.All(o => o.Block <= known.Through);

    /// <param name="through">The block by which it was compared.</param>
    public void Has(AccountKey account, BlockNumber through, RestoredAccount result)
    {
        _failed.TryRemove(account, out _);
        _restored[account] = (through, result);
    }

    /// <returns>Whether it had not failed before.</returns>
    public bool Lacks(FailedAccount account)
    {
        var isNew = !_failed.ContainsKey(account.Account);
        _failed[account.Account] = account;
        return isNew;
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
}
