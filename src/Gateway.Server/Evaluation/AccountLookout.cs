using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Storage;

namespace Gateway.Server.Evaluation;

/// <summary>An account as one executed block shows it, and which of its flows settlement has not finished with as of that block.</summary>
internal sealed record VerifiedLook(
    AccountObservation Seen, ImmutableHashSet<Address> Payees, ImmutableHashSet<Address> UnderWay, SettlementOutlook Outlook);

/// <summary>Reads what a decision about an account needs: first how far settlement is, then the chain.</summary>
internal sealed class AccountLookout(ChainReader chain, LaneProgress lane, LaneOutlook outlook, PooledAccounts pooled)
{
    /// <param name="at">A block that is known to be executed, or null: the newest one.</param>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked.</exception>
    public async Task<VerifiedLook> LookAsync(AccountKey account, ImmutableHashSet<Address> payees, BlockRef? at, CancellationToken cancellationToken)
    {
        // In this order: what settlement had finished with before the chain is read, the reading shows.
        var progress = await lane.ReadAsync(account, payees, cancellationToken);
        var block = at ?? (await chain.HeadAsync(cancellationToken)).Block;
        var seen = await chain.LookAsync(account, payees, block, cancellationToken);
        if (seen.Distributions.WeiPerSecond != 0)
            await pooled.AddAsync([account], cancellationToken);
        return new VerifiedLook(
            seen, payees, [.. payees.Where(p => progress[p] is not { } readAt || readAt > block.Number)], await outlook.ReadAsync(cancellationToken));
    }
}
