using Gateway.Chain.Signing;
using Gateway.Server.Leases;
using Gateway.Server.Rebuilding;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>Compares what is stored with all that our operator ever did, and brings back what is missing, unless it is only asked.</summary>
internal sealed class Rebuild(RebuildPass pass, TokenBook tokens)
{
    /// <exception cref="Gateway.Chain.Transport.ChainException">The journal cannot be read to its end.</exception>
    public async Task<Wire.RebuildReport> RunAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var progress = new RebuildProgress(from: null);
        var outcome = await pass.RunAsync(progress, dryRun, cancellationToken);
        while (outcome.HasMore)
            outcome = await pass.RunAsync(progress, dryRun, cancellationToken);
        return new Wire.RebuildReport
        {
            FromBlock = outcome.From.Value,
            ThroughBlock = outcome.Through.Value,
            Flows = (uint)outcome.Flows,
            Leases = { outcome.Leases.OrderBy(l => l.Lease.Id).Select(ToWire) },
            HeldLeaseIds = { outcome.Held.Order().Select(id => id.Value) },
            DoubtfulLeaseIds = { outcome.Doubtful.Order().Select(id => id.Value) },
            Unexplained = { outcome.Unexplained.OrderBy(f => f.Flow.ToString(), StringComparer.Ordinal).Select(ToWire) },
            FailedAccounts = { outcome.Failed.OrderBy(f => f.Account.ToString(), StringComparer.Ordinal).Select(ToWire) },
        };
    }

    private Wire.RestoredLease ToWire(RestoredLease restored) => new()
    {
        LeaseId = restored.Lease.Id.Value,
        Payer = Eip55.Format(restored.Lease.Account.Payer),
        Token = tokens.NameOf(restored.Lease.Account.SuperToken),
        FlowRate = restored.Lease.Rate.ToDecimal(),
        RestoredAt = restored.Lease.RestoredAt?.ToTimestamp(),
        RestoredNow = restored.IsNew,
    };

    private Wire.FailedAccount ToWire(FailedAccount failed) => new()
    {
        Payer = Eip55.Format(failed.Account.Payer),
        Token = tokens.NameOf(failed.Account.SuperToken),
        Why = failed.Why,
        Unreadable = failed.IsUnreadable,
    };

    private Wire.UnexplainedFlow ToWire(UnexplainedFlow flow) => new()
    {
        Payer = Eip55.Format(flow.Flow.Payer),
        Payee = Eip55.Format(flow.Flow.Payee),
        Token = tokens.NameOf(flow.Flow.SuperToken),
        OnChain = flow.Rate.ToDecimal(),
        Unclaimed = flow.Unclaimed.ToDecimal(),
        UnclaimedLeases = flow.UnclaimedLeases,
        Foreign = flow.Foreign.ToDecimal(),
        Orphan = flow.IsOrphan,
    };
}

/// <summary>What compares everything with the chain when an engineer asks.</summary>
internal sealed record ChainComparisons(Reconcile Reconcile, Rebuild Rebuild);
