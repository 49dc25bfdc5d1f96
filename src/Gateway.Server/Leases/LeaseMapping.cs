using Gateway.Chain.Signing;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;
using Gateway.Server.Evaluation;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases;

/// <summary>Leases as the wire has them: amounts in decimals, addresses with their checksum, the meter read off at the moment of the answer.</summary>
internal sealed class LeaseMapping(TokenBook tokens, AccountPolicies policies, TimeProvider time)
{
    public Wire.Lease ToWire(LeaseView view)
    {
        var (lease, account) = view;
        var now = time.GetUtcNow();
        var wire = new Wire.Lease
        {
            LeaseId = lease.Id.Value,
            VmId = lease.VmId,
            Payer = Eip55.Format(lease.Account.Payer),
            Token = tokens.NameOf(lease.Account.SuperToken),
            TokenAddress = Eip55.Format(lease.Account.SuperToken),
            FlowRate = lease.Rate.ToDecimal(),
            PausedFlowRate = lease.PausedRate.ToDecimal(),
            Priority = lease.Priority,
            State = lease.State.ToWire(),
            Breaker = ToWire(lease.Breaker),
            Execution = lease.Execution.ToWire(),
            Reason = lease.Reason.ToWire(),
            OpenedAt = lease.OpenedAt.ToTimestamp(),
            FundedUntil = account.Health?.CriticalAt?.ToDateTimeOffset().ToTimestamp(),
            ClosedAt = lease.ClosedAt?.ToTimestamp(),
            RunningTime = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(lease.Meter.RunningAt(now))),
            AmountUsed = lease.Meter.UsedAt(now).FloorToWei().ToDecimal(),
            Version = lease.Version,
            GraceEndsAt = lease.Grace.EndsAt(policies.For(lease.Account).Grace)?.ToTimestamp(),
            CutOff = lease.IsCutOff,
            Resources = ToWire(lease.Pricing?.Resources),
            PriceListVersion = lease.Pricing?.ListVersion ?? "",
        };
        wire.Legs.AddRange(Legs(lease, account));
        wire.Transactions.AddRange(lease.Transactions.Select(ToWire));
        wire.Labels.Add(lease.Labels);
        return wire;
    }

    public static Wire.Breaker ToWire(LeaseBreaker breaker) => new()
    {
        State = breaker.State.ToWire(),
        Reason = breaker.Reason.ToWire(),
        ChangedAt = breaker.ChangedAt.ToTimestamp(),
    };

    public static Wire.Leg ToWire(Payee payee, FlowRate part, FlowRate onChain) => new()
    {
        Payee = new Wire.Payee { Address = Eip55.Format(payee.Address), SharePpm = payee.Share.Value, Role = payee.Role },
        FlowRate = part.ToDecimal(),
        FlowOnChain = onChain.ToDecimal(),
    };

    public static Wire.Evidence? ToWire(Evidence? evidence) => evidence is null
        ? null
        : new Wire.Evidence
        {
            BlockNumber = evidence.Block?.Value ?? 0,
            BlockTime = evidence.BlockTime?.ToTimestamp(),
            TransactionHash = evidence.TransactionHash?.ToString() ?? "",
            Detail = evidence.Detail,
            BufferLost = evidence.BufferLost?.ToDecimal() ?? "",
        };

    private static Wire.Resources? ToWire(Resources? resources) => resources is null
        ? null
        : new Wire.Resources { Plan = resources.Plan, Quantities = { resources.Quantities.ToDictionary(q => q.Key, q => q.Value.ToDecimal(), StringComparer.Ordinal) } };

    private static IEnumerable<Wire.Leg> Legs(Lease lease, Account account)
    {
        var parts = Domain.Leases.Legs.Split(lease.Rate, lease.Payees);
        return lease.Payees.Select((payee, i) => ToWire(payee, parts[i], OnChain(account, payee.Address)));
    }

    private static FlowRate OnChain(Account account, Address payee) => account.Flows.GetValueOrDefault(payee)?.Observed.Rate ?? FlowRate.Zero;

    private static Wire.TransactionRef ToWire(LeaseTransaction transaction) => new()
    {
        Hash = transaction.Hash.ToString(),
        Kind = transaction.Kind,
        BlockNumber = transaction.Block.Value,
        BlockTime = transaction.BlockTime.ToTimestamp(),
        BufferLost = transaction.BufferLost?.ToDecimal() ?? "",
    };
}
