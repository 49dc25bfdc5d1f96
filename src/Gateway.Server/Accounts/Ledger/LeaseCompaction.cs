using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Drops leases that ended so long ago, and lie so wholly in closed periods, that no later statement can name them.</summary>
internal sealed class LeaseCompaction(EndedLeases ended, LeaseClaims claims)
{
    /// <summary>Leases that go by one call of the script.</summary>
    private const int AtOnce = 100;

    /// <summary>Calls for one account in one go: where there is more, it goes on the next time.</summary>
    private const int Most = 20;

    /// <param name="last">Of the closed periods that ended before <paramref name="oldest"/>; null: there is none, and only what was rejected goes, since it is on no statement.</param>
    /// <param name="oldest">What was before it need not be kept.</param>
    /// <returns>How many were dropped.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<int> RunAsync(AccountKey account, ClosedPeriod? last, DateTimeOffset oldest, CancellationToken cancellationToken)
    {
        // What is reported of it by then is on a statement.
        var before = oldest - StatementDrawer.MayBeCorrected;
        if (last?.To.ToDateTimeOffset() is { } border && border < before)
            before = border;
        var (dropped, stay) = (0, 0);
        for (var calls = 0; calls < Most; calls++)
        {
            // In this order: a sum that changes afterwards is seen by the script.
            var former = await ended.DroppedAsync(account, cancellationToken);
            var leases = await ended.BeforeAsync(account, before, stay, AtOnce, cancellationToken);
            var going = leases.Where(l => MayGo(l, last)).ToList();
            if (going.Count > 0)
            {
                await claims.SpendAsync(account, [.. going.Select(l => l.Id)], cancellationToken);
                if (!await ended.DropAsync(account, last?.To, former, going, cancellationToken))
                    break; // Another replica is at it.
                dropped += going.Count;
            }

            stay += leases.Count - going.Count;
            if (leases.Count < AtOnce)
                break;
        }

        return dropped;
    }

    /// <summary>Whether every later statement is the same without it: all that its meter reads was stated.</summary>
    private static bool MayGo(Lease lease, ClosedPeriod? last)
    {
        if (lease.State == LeaseState.Rejected)
            return true;
        if (last?.To.ToDateTimeOffset() is not { } border || !(lease.Meter.End <= border) || LeaseReading.Of(lease, past: [], border) is not { } reading)
            return false; // It may have ended by a later word than that which closed it.
        // One of which it keeps no reading is in what it carries, unless it was first told of since.
        return last.Readings.GetValueOrDefault(lease.Id) is { } stated ? stated.IsSame(reading) : StatementDrawer.IsLongEnded(lease, last.To);
    }
}
