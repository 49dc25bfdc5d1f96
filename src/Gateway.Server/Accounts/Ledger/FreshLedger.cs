using System.Collections.Immutable;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>A ledger that was derived again.</summary>
/// <param name="Since">Where the stored one begins: what flowed before is on no statement.</param>
/// <param name="FirstLease">Of those that were known when the first period was closed; null: it is not known.</param>
internal sealed record DerivedLedger(LedgerView View, BlockTime Since, BlockTime? FirstLease)
{
    /// <summary>All that was streamed to a payee between where the stored ledger begins and then.</summary>
    public TokenAmount StreamedTo(Address payee, BlockTime at) => View.StreamedTo(payee, at) - View.StreamedTo(payee, Since < at ? Since : at);
}

/// <summary>Derives an account's ledger from the chain alone, and stores nothing. Of what is stored it takes only where that begins.</summary>
internal sealed class FreshLedger(LedgerSources sources, LedgerStore store, AccountLeases leases, PeriodStore periods, ChainDirectory directory)
{
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept it.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<DerivedLedger> DeriveAsync(AccountKey account, IEnumerable<Address> payees, BlockRef head, CancellationToken cancellationToken)
    {
        var (_, all) = await leases.ReadAsync(account, cancellationToken);
        var scope = LedgerScope.Of(all, payees);
        var begun = await sources.Beginning.AgainAsync(account, scope, (await store.ReadAsync(account, cancellationToken))?.Ledger, head, cancellationToken);
        var (derived, ended, unsure) = (begun.Ledger, ImmutableArray.CreateBuilder<FlowSegment>(), ImmutableHashSet<Address>.Empty);
        for (var next = derived.Through?.Number.Plus(1) ?? directory.Deployment.DeployBlock; next <= head.Number; next = LedgerReader.EndOf(next, head.Number).Plus(1))
        {
            var read = await sources.Reader.ReadAsync(account, next, LedgerReader.EndOf(next, head.Number), cancellationToken);
            var (recalled, some) = await sources.Beginning.RecallAsync(account, derived, read, cancellationToken);
            var (ledger, closed) = sources.Fold.Apply(recalled, read, head);
            ended.AddRange(closed);
            (derived, unsure) = (ledger, unsure.Union(some));
        }

        var (known, difference) = await sources.Check.RunAsync(account, derived, scope.Payees, unsure, head, cancellationToken);
        return new DerivedLedger(new LedgerView(known, ended.ToImmutable(), IsVerified: true, difference), begun.Since, await FirstLeaseAsync(account, all, cancellationToken));
    }

    /// <summary>One that was told of after a period was closed moves no ledger, however old it is.</summary>
    private async Task<BlockTime?> FirstLeaseAsync(AccountKey account, IReadOnlyList<Lease> all, CancellationToken cancellationToken)
    {
        var first = await periods.FirstAsync(account, cancellationToken);
        return LedgerScope.Of([.. all.Where(l => first is null || l.OpenedAt >= first.To.ToDateTimeOffset() || first.Readings.ContainsKey(l.Id))], []).Since;
    }
}
