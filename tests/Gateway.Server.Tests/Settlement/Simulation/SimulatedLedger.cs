using System.Collections.Immutable;
using System.Numerics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>What one payer has, as of <paramref name="At"/>: his balance without the buffers of his flows.</summary>
internal sealed record PayerFunds(BigInteger Wei, ulong At, bool IsRevoked)
{
    public static readonly BigInteger Plenty = BigInteger.Pow(10, 24);
}

/// <summary>Flows and balances at the end of one block, by the CFA's rules: a copy per block, since every reading names its block.</summary>
internal sealed class SimulatedLedger
{
    private static readonly BigInteger HalfOfPlenty = PayerFunds.Plenty / 2;

    private readonly FlowReading[] _flows;
    private readonly PayerFunds[] _funds;

    private SimulatedLedger(FlowReading[] flows, PayerFunds[] funds) => (_flows, _funds) = (flows, funds);

    public static SimulatedLedger New(ulong at) => new(
        [.. Enumerable.Repeat(FlowReading.None, Cast.Flows.Length)], [.. Cast.Accounts.Select(_ => new PayerFunds(PayerFunds.Plenty, at, IsRevoked: false))]);

    public SimulatedLedger Copy() => new([.. _flows], [.. _funds]);

    public FlowReading FlowAt(int flow) => _flows[flow];

    public bool IsRevoked(int payer) => _funds[payer].IsRevoked;

    public void SetRevoked(int payer, bool isRevoked) => _funds[payer] = _funds[payer] with { IsRevoked = isRevoked };

    /// <summary>Far from any trouble, whatever flows: cheap to ask.</summary>
    public bool IsSafe(int payer) => _funds[payer].Wei > HalfOfPlenty;

    /// <summary>Everything that a payer has, buffers included.</summary>
    public BigInteger TotalOf(int payer, ulong at) => _funds[payer].Wei - (BigInteger)OutflowOf(payer) * (at - _funds[payer].At);

    public BigInteger AvailableOf(int payer, ulong at) => TotalOf(payer, at) - DepositsOf(payer);

    /// <summary>A top-up or a withdrawal.</summary>
    public void SetTotal(int payer, BigInteger wei, ulong at) => _funds[payer] = _funds[payer] with { Wei = wei, At = at };

    public void Set(int flow, FlowRate rate, ulong at)
    {
        var payer = Cast.PayerOf(flow);
        SetTotal(payer, TotalOf(payer, at), at);
        _flows[flow] = rate.IsZero ? FlowReading.None : new FlowReading(rate, new BlockTime(at), BufferDeposit.StoredFor(rate, Cast.Parameters));
    }

    /// <summary>Why the chain would refuse; null where it does not.</summary>
    public SimulationFailure? WhyNot(FlowOperation operation, ulong at)
    {
        var flow = Cast.IndexOf(operation.Flow);
        var payer = Cast.PayerOf(flow);
        if (_funds[payer].IsRevoked)
            return new SimulationFailure(FailureOwner.Customer, Reason.PermissionRevoked, "CFA_ACL_OPERATOR_NO_PERMISSIONS");
        var present = _flows[flow];
        if (present.Rate.IsZero != (operation.Kind == FlowOperationKind.Create))
            return new SimulationFailure(FailureOwner.Transient, Reason.Unspecified, "CFA_FLOW_ALREADY_EXISTS or CFA_FLOW_DOES_NOT_EXIST");
        if (operation.Kind == FlowOperationKind.Delete)
            return null;
        var after = AvailableOf(payer, at) + present.Deposit.Wei - BufferDeposit.StoredFor(operation.Rate, Cast.Parameters).Wei;
        return after.Sign < 0 ? new SimulationFailure(FailureOwner.Customer, Reason.InsufficientBalance, "CFA_INSUFFICIENT_BALANCE") : null;
    }

    public AccountObservation Observe(int payer, IEnumerable<Address> payees, BlockRef block, BlockTime at)
    {
        var account = Cast.Accounts[payer];
        var flows = payees.Distinct().Select(p => new FlowKey(account.SuperToken, account.Payer, p))
            .Select(f => (f.Payee, Reading: _flows[Cast.IndexOf(f)])).Where(f => !f.Reading.Rate.IsZero);
        return new AccountObservation(
            block,
            at,
            TokenAmount.FromWei(AvailableOf(payer, at.UnixSeconds)),
            TokenAmount.FromWei(DepositsOf(payer)),
            NetFlowRate.FromWeiPerSecond(-OutflowOf(payer)),
            IsRevoked(payer) ? OperatorGrant.None : OperatorGrant.Unlimited,
            flows.ToImmutableDictionary(f => f.Payee, f => f.Reading),
            Cast.Parameters);
    }

    private Int128 OutflowOf(int payer)
    {
        Int128 sum = 0;
        foreach (var flow in FlowsOf(payer))
            sum += flow.Rate.WeiPerSecond;
        return sum;
    }

    private BigInteger DepositsOf(int payer)
    {
        var sum = BigInteger.Zero;
        foreach (var flow in FlowsOf(payer))
            sum += flow.Deposit.Wei;
        return sum;
    }

    private ReadOnlySpan<FlowReading> FlowsOf(int payer) => _flows.AsSpan(payer * Cast.Payees.Length, Cast.Payees.Length);
}
