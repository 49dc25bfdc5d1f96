using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Gateway.Domain.Identity;
using Gateway.Domain.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Configuration;
using Gateway.Server.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Accounts.Statements;

/// <summary>Closes an account's periods, one after the other, once they are old enough and all of each is verified.</summary>
internal sealed class PeriodCloser(
    StatementDrawer drawer, PeriodStore store, AccountLeases accounts, ChainDirectory directory, IOptions<StatementOptions> options, TimeProvider time)
{
    /// <summary>Periods closed in one go: an account that was idle for years is caught up with in several.</summary>
    private const int Most = 24;

    /// <returns>How many were closed now.</returns>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<int> CloseDueAsync(AccountKey account, BlockRef head, CancellationToken cancellationToken)
    {
        if (directory.Find(account.SuperToken) is not { } token)
            return 0; // It is no longer in the configuration.
        var closed = 0;
        while (closed < Most && await NextAsync(account, cancellationToken) is var (last, period) && IsOver(period, head))
        {
            var statement = await drawer.DrawAsync(new AccountTarget(token, account), last?.To ?? period.From, period.To, head, cancellationToken, mayDefer: true);
            // What is not certain stays open; and nobody needs an endless row of nothing, unless something comes after it.
            if (!statement.Flows.IsVerified || statement.Flows.Mismatch is not null || (statement.IsNothing && !await GoesOnAsync(account, period, cancellationToken)))
                break;
            if (!await store.CloseAsync(account, Close(period.Name, statement), last?.Name, cancellationToken))
                break;
            closed++;
        }

        return closed;
    }

    /// <summary>Whether a period after some second may have to be closed.</summary>
    /// <param name="since">End of the last closed period, or before the account's first lease; null: neither is known.</param>
    public bool MayBeDue(BlockTime? since, BlockRef head) =>
        since is not { } from || IsOver(BillingPeriod.Containing(options.Value.Period, from.ToDateTimeOffset()), head);

    private async Task<(ClosedPeriod? Last, BillingPeriod Period)?> NextAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var last = await store.LastAsync(account, cancellationToken);
        if (last is not null)
            return (last, BillingPeriod.Containing(options.Value.Period, last.To.ToDateTimeOffset()));
        var (_, leases) = await accounts.ReadAsync(account, cancellationToken);
        return leases.Count == 0 ? null : (null, BillingPeriod.Containing(options.Value.Period, leases[0].OpenedAt));
    }

    private async Task<bool> GoesOnAsync(AccountKey account, BillingPeriod period, CancellationToken cancellationToken) =>
        (await accounts.ReadAsync(account, cancellationToken)).Leases.Any(l => l.ClosedAt is not { } closedAt || closedAt >= period.To.ToDateTimeOffset());

    /// <summary>While the head stands in that very second, more may happen in it.</summary>
    private bool IsOver(BillingPeriod period, BlockRef head) =>
        head.Time > period.To && time.GetUtcNow() >= period.To.ToDateTimeOffset() + options.Value.CloseAfter;

    private ClosedPeriod Close(string name, AccountStatement statement)
    {
        var wire = StatementMapping.ToWire(statement);
        // Of the moment, not of the period: nobody could derive them again.
        foreach (var lease in wire.Leases)
            lease.Legs.Clear();
        var json = StatementMapping.ToJson(wire);
        return new ClosedPeriod(
            name,
            statement.From,
            statement.To,
            time.GetUtcNow(),
            json,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json))),
            statement.Payees.ToImmutableSortedDictionary(p => p.Payee, p => p.Closing),
            statement.Readings);
    }
}
