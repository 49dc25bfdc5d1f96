using Gateway.Chain.Signing;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Leases;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Statements;

/// <summary>Statements in the contract's words.</summary>
internal static class StatementMapping
{
    public static Wire.Statement ToWire(AccountStatement statement) => new()
    {
        Payer = Eip55.Format(statement.Target.Key.Payer),
        Token = statement.Target.Token.Token.Symbol,
        From = statement.From.ToDateTimeOffset().ToTimestamp(),
        To = statement.To.ToDateTimeOffset().ToTimestamp(),
        Leases = { statement.Leases.Select(l => ToWire(l, statement.Account)) },
        Flows = { statement.Flows.Select(ToWire) },
        Used = statement.Used.ToDecimal(),
        Streamed = statement.Streamed.ToDecimal(),
        Carried = statement.Carried.ToDecimal(),
    };

    private static Wire.LeaseUsage ToWire(LeaseUse use, Account account) => new()
    {
        LeaseId = use.Lease.Id.Value,
        VmId = use.Lease.VmId,
        RunningTime = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(use.RunningMilliseconds)),
        Used = use.Used.ToDecimal(),
        Legs = { use.Lease.Payees.Zip(Legs.Split(use.Lease.Rate, use.Lease.Payees), (payee, rate) => LeaseMapping.ToWire(payee, rate, OnChain(account, payee))) },
    };

    private static FlowRate OnChain(Account account, Payee payee) => account.Flows.GetValueOrDefault(payee.Address)?.Observed.Rate ?? FlowRate.Zero;

    private static Wire.FlowPeriod ToWire(FlowPeriod period) => new()
    {
        Payee = Eip55.Format(period.Payee),
        FlowRate = period.Rate.ToDecimal(),
        From = period.From.ToDateTimeOffset().ToTimestamp(),
        To = period.To.ToDateTimeOffset().ToTimestamp(),
        Streamed = period.Streamed.ToDecimal(),
        OpenedBy = period.OpenedBy?.ToString() ?? "",
    };
}
