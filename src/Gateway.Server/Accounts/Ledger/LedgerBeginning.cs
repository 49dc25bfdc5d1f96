using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Resilience;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>A ledger before any log was read.</summary>
/// <param name="IsVerified">Two endpoints told what flows there, or the only one there is.</param>
internal sealed record BegunLedger(FlowLedger Ledger, bool IsVerified)
{
    /// <summary>From the first flow that there ever was on: nothing of it need be known.</summary>
    public static readonly BegunLedger Whole = new(FlowLedger.Empty, IsVerified: true);

    /// <summary>What flowed before is not counted.</summary>
    public BlockTime Since { get; init; } = Ledger.Origin?.At.Time ?? default;
}

/// <summary>Finds where an account's ledger begins: just before its first lease, with the flows that stood there. Without that state, with the first block of all.</summary>
internal sealed class LedgerBeginning(RpcPool rpc, ChainDirectory directory, BlockClock clock)
{
    /// <summary>Flows read in one request.</summary>
    private const int AtOnce = 64;

    private readonly AgreementViews _agreements = new(directory.Deployment.Contracts);

    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    /// <exception cref="HistoryUnavailableException">Endpoints contradict each other.</exception>
    public async Task<BegunLedger> FindAsync(AccountKey account, LedgerScope scope, BlockRef head, CancellationToken cancellationToken)
    {
        if (scope.Since is not { } since || await clock.LastAtOrBeforeAsync(since, directory.Deployment.DeployBlock, head, cancellationToken) is not { } at)
            return BegunLedger.Whole;
        return await AtAsync(account, scope.Payees, at, cancellationToken);
    }

    /// <summary>Where one that is stored begins, for what it is made of is read again.</summary>
    /// <param name="stored">Null: there is none.</param>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    /// <exception cref="HistoryUnavailableException">Endpoints contradict each other.</exception>
    public async Task<BegunLedger> AgainAsync(AccountKey account, LedgerScope scope, FlowLedger? stored, BlockRef head, CancellationToken cancellationToken)
    {
        if (stored is { Origin: null })
            return BegunLedger.Whole;
        // Its first leases may be gone by now; and a block that is gone is no beginning.
        if (stored?.Origin is not { } origin || (await clock.BlockAsync(origin.At.Number, cancellationToken)).Hash != origin.At.Hash)
            return await FindAsync(account, scope, head, cancellationToken);
        return await AtAsync(account, scope.Payees, origin.At, cancellationToken) with { Since = origin.At.Time };
    }

    /// <summary>With what the state of a block tells; whole where an endpoint has not kept it: the logs are told by all of them.</summary>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    /// <exception cref="HistoryUnavailableException">Endpoints contradict each other.</exception>
    public async Task<BegunLedger> AtAsync(AccountKey account, ImmutableSortedSet<Address> payees, BlockRef at, CancellationToken cancellationToken)
    {
        var buffers = _agreements.AccountFlows(account);
        if (await ReadAsync([buffers.Request], at, cancellationToken) is not var (total, isVerified))
            return BegunLedger.Whole;
        var ledger = FlowLedger.From(at, buffers.Read(total[0]).Deposit);
        foreach (var some in payees.Chunk(AtOnce))
        {
            var views = some.Select(p => _agreements.Flow(new FlowKey(account.SuperToken, account.Payer, p))).ToList();
            if (await ReadAsync([.. views.Select(v => v.Request)], at, cancellationToken) is not var (answers, isVerifiedToo))
                return BegunLedger.Whole;
            isVerified &= isVerifiedToo;
            foreach (var (payee, seen) in some.Zip(views.Zip(answers, (v, a) => v.Read(a))).Where(f => !f.Second.Rate.IsZero))
                ledger = ledger.With(payee, seen);
        }

        return new BegunLedger(ledger, isVerified);
    }

    /// <summary>With flows that are older than the ledger and that it hears of for the first time: as they were just before.</summary>
    /// <returns>And those of which no state is kept any more.</returns>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    public async Task<(FlowLedger Ledger, ImmutableHashSet<Address> Unsure)> RecallAsync(
        AccountKey account, FlowLedger ledger, ReadChanges read, CancellationToken cancellationToken)
    {
        HashSet<Address> unsure = [];
        if (ledger.Origin is not { Beyond.IsZero: false })
            return (ledger, []); // Every flow that was open is known.
        foreach (var first in read.Changes.GroupBy(c => c.Flow.Payee).Where(g => !ledger.Knows(g.Key)).Select(g => g.First()))
        {
            try
            {
                var seen = await _agreements.Flow(first.Flow).AskAsync(rpc, new BlockNumber(first.Block.Value - 1), cancellationToken);
                if (ledger.MayBeOlder(first.Flow.Payee, seen))
                    ledger = ledger.With(first.Flow.Payee, seen);
            }
            catch (RpcRefusedException e) when (e.Error == NodeError.BlockUnavailable)
            {
                unsure.Add(first.Flow.Payee);
            }
        }

        return (ledger, [.. unsure]);
    }

    /// <returns>Null where an endpoint has not kept that state, or where nothing was deployed yet.</returns>
    private async Task<(IReadOnlyList<byte[]> Answers, bool IsVerified)?> ReadAsync(IReadOnlyList<CallRequest> calls, BlockRef at, CancellationToken cancellationToken)
    {
        var seen = await rpc.CallBatchOfAllAsync(calls, at.Number, cancellationToken);
        if (seen.IsGoneForSome || seen.Answers[0].Any(a => a.Length == 0))
            return null;
        return seen.Agree
            ? (seen.Answers[0], seen.Answers.Count >= rpc.Witnesses)
            : throw new HistoryUnavailableException($"nodes disagree about the flows at block {at.Number}");
    }
}
