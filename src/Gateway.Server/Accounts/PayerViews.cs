using System.Collections.Immutable;
using System.Numerics;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts;

/// <summary>An account as a request names it.</summary>
internal sealed record AccountTarget(TokenFacts Token, AccountKey Key);

/// <summary>One account as its payer sees it: the chain at one executed block, and what his leases do.</summary>
/// <param name="Seen">Its balance is that of the block's own time, so that anybody can compare it with the chain.</param>
/// <param name="Now">The decision clock: not before the block's time. Runways count from here.</param>
/// <param name="UnderlyingBalance">What the payer could wrap, in the underlying's decimals; null for a pure super token.</param>
internal sealed record PayerView(
    AccountTarget Target, TokenNature Nature, AccountObservation Seen, BlockTime Now, BigInteger? UnderlyingBalance, int RunningLeases, int PausedLeases)
{
    /// <summary>What the payer was warned of and has not mended yet.</summary>
    public AccountWarnings Warnings { get; init; } = AccountWarnings.None;

    /// <summary>Since the gateway last verified the account for its leases, not since this look.</summary>
    public Exposure Exposure { get; init; } = Exposure.None;

    /// <summary>Of each payee, as of <see cref="Now"/>: it moves with every second in which a flow and its meters differ.</summary>
    public ImmutableArray<Wire.PayeeDrift> Drifts { get; init; } = [];

    /// <summary>What remains of flows that are gone.</summary>
    public MilliWei Carried { get; init; } = MilliWei.Zero;

    public BlockTime? CriticalAt => Solvency.CriticalAt(Seen.AvailableBalance, Seen.NetFlowRate, Seen.At);

    /// <summary>What can be spent now, if nothing has changed since the block.</summary>
    public TokenAmount AvailableNow => Solvency.BalanceAfter(Seen.AvailableBalance, Seen.NetFlowRate, Now.UnixSeconds - Seen.At.UnixSeconds);

    /// <summary>How long from now on; null: for ever.</summary>
    public Runway Runway => Solvency.RunwayOf(AvailableNow, Seen.NetFlowRate, Now);

    /// <summary>True where nothing has happened between the two but time.</summary>
    public bool IsSameStateAs(PayerView earlier) =>
        Seen.AvailableBalance == Solvency.BalanceAfter(earlier.Seen.AvailableBalance, earlier.Seen.NetFlowRate, Seen.At.UnixSeconds - earlier.Seen.At.UnixSeconds)
        && Seen.BufferDeposit == earlier.Seen.BufferDeposit
        && Seen.NetFlowRate == earlier.Seen.NetFlowRate
        && Seen.Grant == earlier.Seen.Grant
        && UnderlyingBalance == earlier.UnderlyingBalance
        && (RunningLeases, PausedLeases) == (earlier.RunningLeases, earlier.PausedLeases)
        && Warnings == earlier.Warnings;
}

/// <summary>Looks at accounts for their payers, whether they have leases or not.</summary>
internal sealed class PayerViews(ChainReader chain, IEthRpc rpc, AccountStore store, TokenNatures natures, TimeProvider time)
{
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked: the account is unknown for now.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<PayerView> LookAsync(AccountTarget target, CancellationToken cancellationToken)
    {
        var nature = await natures.OfAsync(target.Token, cancellationToken);
        var block = (await chain.HeadAsync(cancellationToken)).Block;
        var seen = await chain.LookAsync(target.Key, block, cancellationToken);
        var underlying = await UnderlyingAsync(target, nature, block.Number, cancellationToken);
        var book = await store.LoadAsync(target.Key, cancellationToken);
        var leases = book.Leases.Values;
        return new PayerView(
            target,
            nature,
            seen,
            block.Time.AtOrAfter(time.GetUtcNow()),
            underlying,
            leases.Count(l => l.Execution == Execution.Run),
            leases.Count(l => l.State == LeaseState.Paused))
        {
            Warnings = book.Account.Warnings,
            Exposure = Exposure.Of(book, time.GetUtcNow()),
            Drifts = [.. DriftMapping.ToWire(book, block.Time.AtOrAfter(time.GetUtcNow()))],
            Carried = book.Account.Carried.Total,
        };
    }

    private async Task<BigInteger?> UnderlyingAsync(AccountTarget target, TokenNature nature, BlockNumber at, CancellationToken cancellationToken)
    {
        if (target.Token.Underlying is { } underlying)
            return await TokenViews.UnderlyingBalance(underlying, target.Key.Payer).AskAsync(rpc, at, cancellationToken);
        return nature.Kind == TokenKind.NativeWrapper ? (await rpc.GetBalanceAsync(target.Key.Payer, at, cancellationToken)).Value : null;
    }
}
