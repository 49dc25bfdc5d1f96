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
        try
        {
            var block = (await chain.HeadAsync(cancellationToken)).Block;
            foreach (var some in quiet.Chunk(GlanceReader.MaxAccounts))
                full.AddRange(await GlanceAsync(some, block, heldUntil, cancellationToken));
            return full;
        }
        catch (ChainException e)
        {
            // What follows from that, if anything, each account says for itself.
            LogUnseen(quiet.Count, e.Message);
            return [.. due.Select(d => d.Account)];
        }
    }

    private async Task<IEnumerable<AccountKey>> GlanceAsync(
        (DueAccount Due, QuietAccount Quiet)[] accounts, BlockRef block, DateTimeOffset heldUntil, CancellationToken cancellationToken)
    {
        var seen = await chain.GlanceAsync([.. accounts.Select(a => a.Due.Account)], block, cancellationToken);
        var judged = accounts.Zip(seen, (a, s) => (a.Due, a.Quiet, Seen: s, IsSame: s is not null && a.Quiet.Seen.IsContinuedBy(s))).ToList();
        var next = time.GetUtcNow() + policies.AuditInterval;
        await deadlines.ContinueAsync(
            [.. judged.Where(j => j.IsSame).Select(j => new GlancedAccount(j.Due, j.Quiet with { Seen = j.Seen! }, j.Quiet.FullLookAt < next ? j.Quiet.FullLookAt : next))],
            heldUntil,
            cancellationToken);
        return judged.Where(j => !j.IsSame).Select(j => j.Due.Account);
    }

    [LoggerMessage(EventId = 2201, Level = LogLevel.Warning, Message = "{Count} accounts could not be glanced at: {Problem}")]
    private partial void LogUnseen(int count, string problem);
}
