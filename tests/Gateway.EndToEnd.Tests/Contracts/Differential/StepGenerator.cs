using System.Numerics;
using Gateway.Chain.Abi;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.Contracts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.EndToEnd.Tests.Contracts.Differential;

/// <summary>Random transactions around one account: possible ones, and such as the chain must refuse.</summary>
internal sealed class StepGenerator(Random random, Framework framework, Address superToken, Cast cast)
{
    private static readonly ContractAbi Governance = ContractAbi.Load("TestGovernance");

    /// <summary>What USDC cannot hold is not wrapped: 18 − 6 decimals.</summary>
    private static readonly BigInteger WrapUnit = BigInteger.Pow(10, 18 - SuperTokens.UsdcDecimals);

    /// <summary>Never wraps: a token without underlying.</summary>
    public bool IsPure { get; init; }

    public Step Next(ModelAccount model) => random.Next(20) switch
    {
        < 5 => Change(model),
        < 9 => ChangeByOperator(model),
        < 12 => Delete(),
        12 => DeleteByOperator(),
        13 => Grant(),
        14 => MoveIn(model),
        15 => MoveOut(model),
        < 18 => ChangeIncoming(model),
        18 => ChangeGovernance(model),
        _ => IsPure ? MoveIn(model) : Wrap(model),
    };

    /// <summary>How long until the next transaction: the same second, a moment, a month, or right around a second that matters.</summary>
    public ulong NextPause(ModelAccount model) => random.Next(10) switch
    {
        0 => 0,
        < 3 => (ulong)random.Next(1, 10),
        < 6 => (ulong)random.Next(1, 20_000),
        6 => (ulong)random.Next(1, 2_600_000),
        7 => Around(model, model.CriticalAt),
        8 => Around(model, model.PlebAt),
        _ => Around(model, model.InsolventAt),
    };

    private Step Change(ModelAccount model)
    {
        var (payee, rate) = (Payee(), Rate(model));
        return IsToCreate(model, payee)
            ? OfAgreement($"create {rate}", cast.Subject, FlowCalls.Create(superToken, payee, rate), m => m.TryCreate(payee, rate))
            : OfAgreement($"update to {rate}", cast.Subject, FlowCalls.Update(superToken, payee, rate), m => m.TryUpdate(payee, rate));
    }

    private Step ChangeByOperator(ModelAccount model)
    {
        var (payee, rate) = (Payee(), Rate(model));
        return IsToCreate(model, payee)
            ? OfAgreement($"create {rate}", cast.Operator, FlowCalls.CreateByOperator(FlowTo(payee), rate), m => m.TryCreateByOperator(payee, rate))
            : OfAgreement($"update to {rate}", cast.Operator, FlowCalls.UpdateByOperator(FlowTo(payee), rate), m => m.TryUpdateByOperator(payee, rate));
    }

    /// <summary>Mostly what is possible.</summary>
    private bool IsToCreate(ModelAccount model, Address payee) => model.FlowTo(payee).Rate.IsZero == random.Next(8) > 0;

    private Step Delete()
    {
        var payee = cast.Payees[random.Next(cast.Payees.Length)];
        var by = random.Next(4) switch { 0 => payee, 1 => cast.Stranger, 2 => cast.Operator, _ => cast.Subject };
        return OfAgreement("delete", by, FlowCalls.Delete(superToken, cast.Subject.Address, payee.Address), m =>
        {
            var isEntitled = by == payee || by == cast.Subject || (by == cast.Operator && m.Grant.CanDelete);
            return (isEntitled || m.Available.IsNegative) && m.TryDelete(payee.Address, by.Address);
        });
    }

    private Step DeleteByOperator()
    {
        var payee = Payee();
        return OfAgreement(
            "delete by permission", cast.Operator, FlowCalls.DeleteByOperator(FlowTo(payee)), m => m.Grant.CanDelete && m.TryDelete(payee, cast.Operator.Address));
    }

    private Step Grant()
    {
        var permissions = random.Next(3) == 0 ? (FlowPermissions)random.Next(8) : FlowPermissions.All;
        var allowance = random.Next(2) == 0 ? FlowRate.Max : FlowRate.FromWeiPerSecond(random.NextInt64(1_000_000_000_000_000));
        return OfAgreement(
            $"grant {permissions}, {allowance}",
            cast.Subject,
            FlowCalls.SetPermissions(superToken, cast.Operator.Address, permissions, allowance),
            m => Done(() => m.Grant = new OperatorGrant(
                permissions.HasFlag(FlowPermissions.Create), permissions.HasFlag(FlowPermissions.Update), permissions.HasFlag(FlowPermissions.Delete), allowance)));
    }

    private Step MoveIn(ModelAccount model)
    {
        var amount = Part(TokenAmount.Larger(model.Available, Funds.OfTokens(1)));
        return new Step($"receive {amount}", cast.Friend, superToken, TokenCalls.Transfer(cast.Subject.Address, amount), m => Done(() => m.Receive(amount)));
    }

    private Step MoveOut(ModelAccount model)
    {
        if (random.Next(3) == 0)
        {
            return new Step("transfer all", cast.Subject, superToken, TokenCalls.TransferAll(cast.Friend.Address), m =>
                // Of a critical account "all" is nothing, and even that is refused.
                m.TrySpend(TokenAmount.Larger(m.Available, TokenAmount.Zero)));
        }

        var amount = Part(model.Available);
        return new Step($"transfer {amount}", cast.Subject, superToken, TokenCalls.Transfer(cast.Friend.Address, amount), m => m.TrySpend(amount));
    }

    private Step ChangeIncoming(ModelAccount model)
    {
        var friend = cast.Friend.Address;
        var old = model.FlowFrom(friend);
        var rate = old.IsZero || random.Next(3) > 0 ? Rate(model) : FlowRate.Zero;
        var data = (old.IsZero, rate.IsZero) switch
        {
            (true, _) => FlowCalls.Create(superToken, cast.Subject.Address, rate),
            (_, true) => FlowCalls.Delete(superToken, friend, cast.Subject.Address),
            _ => FlowCalls.Update(superToken, cast.Subject.Address, rate),
        };
        return OfAgreement($"incoming {rate}", cast.Friend, data, m => Done(() => m.SetIncoming(friend, rate)));
    }

    private Step ChangeGovernance(ModelAccount model)
    {
        if (random.Next(2) == 0)
        {
            var (liquidation, patrician) = ((ulong)random.Next(600, 30_000), (ulong)random.Next(60, 600));
            return OfGovernance($"periods {liquidation}/{patrician}", "setPPPConfig", [liquidation, patrician], m =>
                m.Parameters = m.Parameters with { LiquidationPeriodSeconds = liquidation, PatricianPeriodSeconds = patrician });
        }

        var minimum = random.Next(2) == 0 ? TokenAmount.Zero : Part(TokenAmount.Larger(model.Available, Funds.OfTokens(1)));
        return OfGovernance($"minimum deposit {minimum}", "setSuperTokenMinimumDeposit", [minimum.Wei], m =>
            m.Parameters = m.Parameters with { MinimumDeposit = minimum });
    }

    private Step Wrap(ModelAccount model)
    {
        var amount = Part(TokenAmount.Larger(model.Available, Funds.OfTokens(1)));
        var whole = TokenAmount.FromWei(amount.Wei / WrapUnit * WrapUnit);
        return random.Next(2) == 0
            ? new Step($"wrap {amount}", cast.Subject, superToken, TokenCalls.Upgrade(amount), m => Done(() => m.Receive(whole)))
            : new Step($"unwrap {amount}", cast.Subject, superToken, TokenCalls.Downgrade(amount), m => m.TrySpend(whole));
    }

    private Step OfAgreement(string what, DevAccount from, byte[] data, Func<ModelAccount, bool> foretell) =>
        new(what, from, framework.Contracts.Host, HostCalls.CallAgreement(framework.Contracts.Cfa, data, userData: []), foretell);

    private Step OfGovernance(string what, string function, object[] values, Action<ModelAccount> change) => new(
        what,
        cast.Governor,
        framework.Governance,
        Governance.Function(function).Encode([framework.Contracts.Host, superToken, .. values]),
        m => Done(() => change(m)));

    private static bool Done(Action change)
    {
        change();
        return true;
    }

    private Address Payee() => cast.Payees[random.Next(cast.Payees.Length)].Address;

    private FlowKey FlowTo(Address payee) => new(superToken, cast.Subject.Address, payee);

    /// <summary>Often such that the account lasts from minutes to months, sometimes the smallest, sometimes too much.</summary>
    private FlowRate Rate(ModelAccount model)
    {
        var available = TokenAmount.Larger(model.Available, Funds.OfTokens(1)).Wei;
        return random.Next(8) switch
        {
            0 => FlowRate.FromWeiPerSecond(1),
            1 => FlowRate.FromWeiPerSecond(random.NextInt64(1, 1L << 50)),
            _ => FlowRate.FromWeiPerSecond((Int128)BigInteger.Max(1, available / random.Next(10_000, 5_000_000))),
        };
    }

    private TokenAmount Part(TokenAmount of) => TokenAmount.FromWei(BigInteger.Abs(of.Wei) * random.Next(1, 12_000) / 10_000);

    private ulong Around(ModelAccount model, BlockTime? instant)
    {
        // Beyond a few years nothing new happens, and the chain's seconds are used up.
        if (instant is not { } at || at.UnixSeconds > model.At.UnixSeconds + 100_000_000)
            return (ulong)random.Next(1, 100_000);
        var target = (long)at.UnixSeconds + random.Next(-2, 3);
        return (ulong)Math.Max(0, target - (long)model.At.UnixSeconds);
    }
}
