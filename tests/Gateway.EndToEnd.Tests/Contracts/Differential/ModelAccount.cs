using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.EndToEnd.Tests.Contracts.Differential;

/// <summary>One account as the domain's arithmetic alone says it must be: nothing of it is ever read from the chain.</summary>
internal sealed class ModelAccount(Address address, TokenAmount available, BlockTime at, TokenParameters parameters)
{
    private readonly Dictionary<Address, FlowReading> _outgoing = [];
    private readonly Dictionary<Address, FlowRate> _incoming = [];

    public TokenAmount Available { get; private set; } = available;

    public NetFlowRate Net { get; private set; }

    public BlockTime At { get; private set; } = at;

    public TokenParameters Parameters { get; set; } = parameters;

    public OperatorGrant Grant { get; set; } = OperatorGrant.None;

    public TokenAmount Deposit => _outgoing.Values.Aggregate(TokenAmount.Zero, (sum, flow) => sum + flow.Deposit);

    public BlockTime? CriticalAt => Solvency.CriticalAt(Available, Net, At);

    public BlockTime? InsolventAt => Solvency.InsolventAt(Available, Deposit, Net, At);

    public BlockTime? PlebAt => Solvency.PlebAt(Available, Deposit, Net, At, Parameters);

    public SolvencyPhase Phase => Solvency.PhaseOf(Available, Deposit, Parameters);

    public FlowReading FlowTo(Address payee) => _outgoing.GetValueOrDefault(payee, FlowReading.None);

    public FlowRate FlowFrom(Address payer) => _incoming.GetValueOrDefault(payer);

    public void AdvanceTo(BlockTime at)
    {
        Available = Solvency.BalanceAfter(Available, Net, at.UnixSeconds - At.UnixSeconds);
        At = at;
    }

    /// <returns>False where the chain must refuse it.</returns>
    public bool TryCreate(Address payee, FlowRate rate) => FlowTo(payee).Rate.IsZero && TrySet(payee, rate);

    /// <returns>False where the chain must refuse it.</returns>
    public bool TryUpdate(Address payee, FlowRate rate) => !FlowTo(payee).Rate.IsZero && TrySet(payee, rate);

    /// <param name="by">Payer, payee, operator or stranger: who may is the caller's question.</param>
    /// <returns>False where there is no such flow.</returns>
    public bool TryDelete(Address payee, Address by)
    {
        var flow = FlowTo(payee);
        if (flow.Rate.IsZero)
            return false;
        var outcome = Liquidation.Close(Available, Deposit, flow.Deposit, Parameters);
        Available = outcome.AvailableAfter;
        // In the patrician period the reward goes to the token's reward account, afterwards to whoever deletes: the payer too.
        if (by == address && outcome.Phase is SolvencyPhase.Pleb or SolvencyPhase.Insolvent)
            Available += outcome.Reward;
        Net = Net.Plus(flow.Rate);
        _outgoing.Remove(payee);
        return true;
    }

    /// <summary>As <see cref="TryCreate"/>, within what the operator may.</summary>
    public bool TryCreateByOperator(Address payee, FlowRate rate) =>
        Grant.CanCreate && rate <= Grant.Allowance && TryCreate(payee, rate) && Spend(rate);

    /// <summary>As <see cref="TryUpdate"/>, within what the operator may. Lowering costs no allowance, and gives none back.</summary>
    public bool TryUpdateByOperator(Address payee, FlowRate rate)
    {
        var raise = rate.MinusFloored(FlowTo(payee).Rate);
        return Grant.CanUpdate && raise <= Grant.Allowance && TryUpdate(payee, rate) && Spend(raise);
    }

    /// <returns>False where more is asked for than is available.</returns>
    public bool TrySpend(TokenAmount amount)
    {
        if (amount > Available)
            return false;
        Available -= amount;
        return true;
    }

    public void Receive(TokenAmount amount) => Available += amount;

    public void SetIncoming(Address payer, FlowRate rate)
    {
        Net = Net.Minus(FlowFrom(payer)).Plus(rate);
        _incoming[payer] = rate;
    }

    private bool Spend(FlowRate raise)
    {
        if (!Grant.IsUnlimited)
            Grant = Grant with { Allowance = Grant.Allowance - raise };
        return true;
    }

    private bool TrySet(Address payee, FlowRate rate)
    {
        var before = FlowTo(payee);
        var deposit = BufferDeposit.StoredFor(rate, Parameters);
        var after = Available + before.Deposit - deposit;
        if (after.IsNegative)
            return false;
        Available = after;
        Net = Net.Plus(before.Rate).Minus(rate);
        _outgoing[payee] = new FlowReading(rate, At, deposit);
        return true;
    }
}
