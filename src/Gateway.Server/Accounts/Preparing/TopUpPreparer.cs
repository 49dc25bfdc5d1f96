using System.Globalization;
using System.Numerics;
using Gateway.Chain.Rpc;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Leases.Errors;

namespace Gateway.Server.Accounts.Preparing;

/// <summary>Prepares what brings more of a super token onto an account, each kind of token in its own way (superfluid.md §10).</summary>
internal sealed class TopUpPreparer(
    PayerViews views, AuthorizationPreparer authorizations, GrantCalls grants, CallSimulator simulator, IEthRpc rpc, ChainDirectory directory)
{
    /// <summary>
    /// Who will sign is unknown, so it cannot be estimated. Twice the 185,306 that was measured (superfluid.md §5): half of a limit is charged anyway
    /// after Helicon, so what is not needed costs nothing.
    /// </summary>
    private const ulong TransferGas = 370_000;

    /// <summary>Twice what an approve costs.</summary>
    private const ulong ApproveGas = 120_000;

    /// <summary>Twice the 120,780 that was measured of a wrap.</summary>
    internal const ulong WrapGas = 250_000;

    /// <summary>Twice the wrap and the 90,321 of a grant.</summary>
    private const ulong WrapAndGrantGas = 450_000;

    /// <exception cref="RefusedException">The payer has not got what is to be wrapped.</exception>
    /// <exception cref="WouldFailException">The contracts would refuse it.</exception>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    public async Task<Prepared> PrepareAsync(TopUpWish wish, CancellationToken cancellationToken)
    {
        var view = await views.LookAsync(wish.Target, cancellationToken);
        var amount = wish.Amount ?? TopUp.ForRunway(view.AvailableNow, view.Seen.NetFlowRate, wish.RunwaySeconds ?? 0);
        var grant = wish.Authorize && authorizations.IsNeeded(view, OperatorGrant.Unlimited);
        if (amount.IsZero)
            return await GrantAloneAsync(view, grant, cancellationToken);
        return view.Nature.Kind switch
        {
            TokenKind.Wrapper => await WrapAsync(view, TopUp.ToWrap(amount, view.Nature.UnderlyingDecimals), grant, cancellationToken),
            TokenKind.NativeWrapper => await WrapNativeAsync(view, amount, grant, cancellationToken),
            TokenKind.Pure or TokenKind.Unspecified => await SendAsync(view, amount, grant, cancellationToken),
        };
    }

    private async Task<Prepared> GrantAloneAsync(PayerView view, bool grant, CancellationToken cancellationToken) =>
        new(await GrantsAsync(view, grant, cancellationToken), Expect(view, TokenAmount.Zero, BigInteger.Zero, grant));

    private async Task<Prepared> WrapAsync(PayerView view, WrapAmount wrap, bool grant, CancellationToken cancellationToken)
    {
        RequireUnderlying(view, wrap.Units);
        var (token, payer, at) = (view.Target.Token, view.Target.Key.Payer, view.Seen.Block.Number);
        var underlying = token.Underlying!; // A wrapper has one.
        var (from, to) = ($"{AmountText.Of(wrap.Units, view.Nature.UnderlyingDecimals)} {view.Nature.UnderlyingName}", Words(view, wrap.Amount));
        List<(PlannedCall Call, ulong Bound)> calls = [];
        if (await TokenViews.UnderlyingAllowance(underlying, payer, token.Token.Address).AskAsync(rpc, at, cancellationToken) < wrap.Units)
        {
            var approve = TokenCalls.ApproveUnderlying(token.Token.Address, wrap.Units);
            calls.Add((new PlannedCall(underlying, approve, $"Allow the {token.Token.Symbol} contract to take {from}, to wrap it."), ApproveGas));
        }

        calls.Add(grant
            ? (new PlannedCall(
                directory.Deployment.Contracts.Host,
                HostCalls.Batch([HostOperation.Upgrade(token.Token.Address, wrap.Amount), grants.InBatch(view.Target, OperatorGrant.Unlimited)]),
                $"Wrap {from} into {to}. {grants.Describe(view.Target, OperatorGrant.Unlimited)}"), WrapAndGrantGas)
            : (new PlannedCall(token.Token.Address, TokenCalls.Upgrade(wrap.Amount), $"Wrap {from} into {to}."), WrapGas));
        var transactions = await simulator.PrepareAllAsync(payer, [.. calls.Select(c => c.Call)], [.. calls.Select(c => c.Bound)], at, cancellationToken);
        return new Prepared(transactions, Expect(view, wrap.Amount, -wrap.Units, grant));
    }

    private async Task<Prepared> WrapNativeAsync(PayerView view, TokenAmount amount, bool grant, CancellationToken cancellationToken)
    {
        RequireUnderlying(view, amount.Wei);
        var words = $"{AmountText.Of(amount.Wei, TopUp.SuperTokenDecimals)} {view.Nature.UnderlyingName} into {Words(view, amount)}";
        var call = new PlannedCall(view.Target.Token.Token.Address, TokenCalls.UpgradeNative(), $"Wrap {words}.", Wei.From(amount.Wei));
        // A batch cannot carry coins into a wrapper (superfluid.md §7), so a grant is a transaction of its own.
        var wrap = await simulator.PrepareAsync(view.Target.Key.Payer, call, view.Seen.Block.Number, cancellationToken);
        return new Prepared([wrap, .. await GrantsAsync(view, grant, cancellationToken)], Expect(view, amount, -amount.Wei, grant));
    }

    private async Task<Prepared> SendAsync(PayerView view, TokenAmount amount, bool grant, CancellationToken cancellationToken)
    {
        var (token, payer) = (view.Target.Token.Token, view.Target.Key.Payer);
        // Who sends is unknown; that the payer can receive is tried out with nothing in it.
        var probe = new PlannedCall(token.Address, TokenCalls.Transfer(payer, TokenAmount.Zero), $"Send {token.Symbol} to {Eip55.Format(payer)}.");
        await simulator.PrepareAsync(directory.Operator, probe, view.Seen.Block.Number, cancellationToken);
        var send = new PlannedCall(
            token.Address,
            TokenCalls.Transfer(payer, amount),
            $"Send {Words(view, amount)} to {Eip55.Format(payer)}: sign it in the wallet that sends them.");
        return new Prepared([.. await GrantsAsync(view, grant, cancellationToken), send.With(from: null, TransferGas)], Expect(view, amount, BigInteger.Zero, grant));
    }

    private async Task<IReadOnlyList<PreparedTransaction>> GrantsAsync(PayerView view, bool grant, CancellationToken cancellationToken) =>
        grant && await authorizations.PrepareAsync(view, OperatorGrant.Unlimited, cancellationToken) is { } transaction ? [transaction] : [];

    private static void RequireUnderlying(PayerView view, BigInteger required)
    {
        var present = view.UnderlyingBalance ?? BigInteger.Zero;
        if (present >= required)
            return;
        var (decimals, name) = (view.Nature.UnderlyingDecimals, view.Nature.UnderlyingName);
        throw new RefusedException(new Refusal(
            RefusalCode.BalanceTooLow,
            required.ToString(CultureInfo.InvariantCulture),
            present.ToString(CultureInfo.InvariantCulture),
            $"The payer has {AmountText.Of(present, decimals)} {name} to wrap, and it takes {AmountText.Of(required, decimals)}."));
    }

    private static PayerView Expect(PayerView view, TokenAmount added, BigInteger underlying, bool grant) => view with
    {
        Seen = view.Seen with { AvailableBalance = view.Seen.AvailableBalance + added, Grant = grant ? OperatorGrant.Unlimited : view.Seen.Grant },
        UnderlyingBalance = view.UnderlyingBalance + underlying,
    };

    private static string Words(PayerView view, TokenAmount amount) => $"{AmountText.Of(amount.Wei, TopUp.SuperTokenDecimals)} {view.Target.Token.Token.Symbol}";
}
