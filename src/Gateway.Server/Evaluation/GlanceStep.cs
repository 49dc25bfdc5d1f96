using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Storage;

namespace Gateway.Server.Evaluation;

/// <summary>Spares most accounts of an audit the full look: one call shows of many whether anything about them has changed.</summary>
/// <remarks>
/// A glance never decides anything. Where it sees what the last look predicts, the account is verified; everything else, and whatever it cannot see, is
/// left to a full look.
/// </remarks>
internal sealed partial class GlanceStep(ChainReader chain, AccountDeadlines deadlines, AccountPolicies policies, TimeProvider time, ILogger<GlanceStep> logger)
{
    /// <param name="heldUntil">As the accounts were claimed with.</param>
    /// <returns>Accounts that need a full look.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<IReadOnlyCollection<AccountKey>> SiftAsync(IReadOnlyList<DueAccount> due, DateTimeOffset heldUntil, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        List<AccountKey> full = [];
        List<(DueAccount Due, QuietAccount Quiet)> quiet = [];
        foreach (var account in due)
        {
            if (account.ReadGlance() is { } known && known.FullLookAt > now)
                quiet.Add((account, known));
            else
                full.Add(account.Account);
        }

        if (quiet.Count == 0)
            return full;
        var seen = await SeeAsync([.. quiet.Select(q => q.Due.Account)], cancellationToken);
        var judged = quiet.Zip(seen, (q, s) => (q.Due, q.Quiet, Seen: s, IsSame: s is not null && q.Quiet.Seen.IsContinuedBy(s))).ToList();
        var next = time.GetUtcNow() + policies.AuditInterval;
        await deadlines.ContinueAsync(
            [.. judged.Where(j => j.IsSame).Select(j => new GlancedAccount(j.Due, j.Quiet with { Seen = j.Seen! }, j.Quiet.FullLookAt < next ? j.Quiet.FullLookAt : next))],
            heldUntil,
            cancellationToken);
        return [.. full, .. judged.Where(j => !j.IsSame).Select(j => j.Due.Account)];
    }

    /// <summary>Some calls at once, all at one block; null for what cannot be seen.</summary>
    private async Task<IEnumerable<AccountGlance?>> SeeAsync(IReadOnlyList<AccountKey> accounts, CancellationToken cancellationToken)
    {
        try
        {
            var block = (await chain.HeadAsync(cancellationToken)).Block;
            return (await Task.WhenAll(accounts.Chunk(GlanceReader.MaxAccounts).Select(some => SeeAsync(some, block, cancellationToken)))).SelectMany(s => s);
        }
        catch (ChainException e)
        {
            return Unseen(accounts, e);
        }
    }

    private async Task<IEnumerable<AccountGlance?>> SeeAsync(AccountKey[] some, BlockRef block, CancellationToken cancellationToken)
    {
        try
        {
            return await chain.GlanceAsync(some, block, cancellationToken);
        }
        catch (ChainException e)
        {
            return Unseen(some, e);
        }
    }

    /// <summary>What follows from that, if anything, each account says for itself.</summary>
    private IEnumerable<AccountGlance?> Unseen(IReadOnlyList<AccountKey> accounts, ChainException why)
    {
        LogUnseen(accounts.Count, why.Message);
        return accounts.Select(_ => (AccountGlance?)null);
    }

    [LoggerMessage(EventId = 2201, Level = LogLevel.Warning, Message = "{Count} accounts could not be glanced at: {Problem}")]
    private partial void LogUnseen(int count, string problem);
}
