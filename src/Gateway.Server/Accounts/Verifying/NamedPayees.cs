using Gateway.Domain.Identity;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>From when on payees are on an account's closed periods: once there is a lease that pays them, on all later ones.</summary>
internal sealed class NamedPayees(PeriodStore periods)
{
    /// <summary>The end of the last closed period that does not name a payee: what flowed until then is in nothing that is carried.</summary>
    /// <param name="at">Of periods that ended later nothing is asked.</param>
    /// <returns>Null: there is none.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<BlockTime?> MissingUntilAsync(AccountKey account, Address payee, BlockTime at, CancellationToken cancellationToken)
    {
        var names = await periods.NamesAsync(account, default, at, cancellationToken);
        var (low, high, until) = (0, names.Count, (BlockTime?)null);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (await periods.ReadAsync(account, names[middle], cancellationToken) is not { } period || period.Carry.ContainsKey(payee))
                high = middle;
            else
                (low, until) = (middle + 1, period.To);
        }

        return until;
    }
}
