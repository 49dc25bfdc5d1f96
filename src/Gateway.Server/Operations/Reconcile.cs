using System.Collections.Concurrent;
using Gateway.Chain.Signing;
using Gateway.Server.Chains;
using Gateway.Server.Leases;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>Compares every flow that is wanted with the chain, at one block, and repairs what differs unless it is only asked.</summary>
internal sealed class Reconcile(LeaseListing listing, ChainReader chain, FlowComparison comparison, FlowRepair repair, TokenBook tokens)
{
    private const int AtATime = 16;

    private const string Orphan = "orphan: reported";

    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked: nothing is known, and nothing was done.</exception>
    public async Task<Wire.ReconcileReport> RunAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var block = (await chain.HeadAsync(cancellationToken)).Block;
        var census = await AccountCensus.TakeAsync(listing, cancellationToken);
        var compared = new ConcurrentBag<AccountComparison>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(census.Accounts, options, async (account, ct) =>
            compared.Add(await comparison.CompareAsync(account, census.PayeesOfToken[account.SuperToken], block, ct)));

        var report = new Wire.ReconcileReport { FlowsChecked = (uint)compared.Sum(c => c.FlowsChecked) };
        foreach (var account in compared.OrderBy(c => c.Account.ToString(), StringComparer.Ordinal))
        {
            var repairs = dryRun || account.Differing.IsEmpty
                ? [.. account.Differing.Select(_ => FlowRepair.None)]
                : await repair.RepairAsync(account, cancellationToken);
            report.Divergences.AddRange(account.Differing.Zip(repairs, ToWire));
            report.Divergences.AddRange(account.Orphans.Select(o => ToWire(o, Orphan)));
        }

        return report;
    }

    private Wire.Divergence ToWire(FlowDifference difference, string done) => new()
    {
        Payer = Eip55.Format(difference.Flow.Payer),
        Payee = Eip55.Format(difference.Flow.Payee),
        Token = tokens.NameOf(difference.Flow.SuperToken),
        Wanted = difference.Wanted.ToDecimal(),
        OnChain = difference.OnChain.ToDecimal(),
        Repair = done,
    };
}
