using System.Collections.Immutable;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Moves an account's flow ledger on to a block: from the chain's logs, compared with its state, stored where it was told by enough endpoints.</summary>
/// <remarks>
/// Any replica may do it at any time, also several at once: the ledger is a function of the chain, and it is stored by compare-and-set of the block that it goes
/// through. What is stored needs no node's past any more.
/// </remarks>
internal sealed class LedgerKeeper(
    LedgerStore store, LedgerReader reader, LedgerCheck check, BlockClock clock, ChainDirectory directory, LedgerJournal journal)
{
    private readonly EndingClassifier _classifier = new(directory.Operator, directory.Deployment.Automations);

    /// <param name="head">Executed.</param>
    /// <param name="from">Segments that ended before are not given.</param>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept it.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<LedgerView> BringUpAsync(AccountKey account, BlockRef head, BlockTime from, CancellationToken cancellationToken)
    {
        var stored = await store.ReadAsync(account, cancellationToken);
        var draft = new Draft(stored, Anew: stored is null || stored.Mismatch is not null);
        if (stored?.Ledger.Through is { } through && through.Number < head.Number)
        {
            if ((await clock.BlockAsync(through.Number, cancellationToken)).Hash != through.Hash)
            {
                journal.SetBack(account, through.Number);
                draft = draft with { Anew = true };
            }
        }

        draft = await ReadAsync(account, draft, head, cancellationToken);
        if (draft.Mismatch is { } difference && !draft.WasAnew)
        {
            // A log that was left out long ago is found by reading all of it again.
            journal.Mismatched(account, difference);
            draft = await ReadAsync(account, draft with { Anew = true }, head, cancellationToken);
        }

        if (draft.Mismatch is { } remaining)
            journal.Mismatched(account, remaining);
        return await ViewAsync(account, draft, from, cancellationToken);
    }

    /// <summary>All of it from the chain's logs alone, without what is stored, and without storing it.</summary>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept it.</exception>
    public async Task<LedgerView> DeriveAsync(AccountKey account, BlockRef head, CancellationToken cancellationToken)
    {
        var (derived, all) = (FlowLedger.Empty, ImmutableArray.CreateBuilder<FlowSegment>());
        for (var next = directory.Deployment.DeployBlock; next <= head.Number; next = LedgerReader.EndOf(next, head.Number).Plus(1))
        {
            var read = await reader.ReadAsync(account, next, LedgerReader.EndOf(next, head.Number), cancellationToken);
            var (ledger, closed) = derived.Apply(ChangesOf(derived, read), head);
            all.AddRange(closed);
            derived = ledger;
        }

        return new LedgerView(derived, all.ToImmutable(), IsVerified: true, Mismatch: null);
    }

    private async Task<Draft> ReadAsync(AccountKey account, Draft draft, BlockRef head, CancellationToken cancellationToken)
    {
        if (!draft.Anew && draft.Ledger.Through is { } at && at.Number >= head.Number)
            return draft;
        draft = draft with { Ledger = draft.Anew ? FlowLedger.Empty : draft.Ledger, WasAnew = draft.Anew, Unstored = [], IsVerified = true };
        var next = draft.Ledger.Through?.Number.Plus(1) ?? directory.Deployment.DeployBlock;
        for (; next <= head.Number; next = LedgerReader.EndOf(next, head.Number).Plus(1))
        {
            var end = LedgerReader.EndOf(next, head.Number);
            var read = await reader.ReadAsync(account, next, end, cancellationToken);
            var (ledger, closed) = draft.Ledger.Apply(ChangesOf(draft.Ledger, read), end == head.Number ? head : await clock.BlockAsync(end, cancellationToken));
            draft = draft with { Ledger = ledger, Unstored = draft.Unstored.AddRange(closed), IsVerified = draft.IsVerified && read.IsVerified };
            draft = draft with { Mismatch = end == head.Number ? await check.DifferenceAsync(account, ledger, head, cancellationToken) : null };
            if (draft.IsVerified)
                draft = await StoreAsync(account, draft, cancellationToken);
        }

        return draft;
    }

    private async Task<Draft> StoreAsync(AccountKey account, Draft draft, CancellationToken cancellationToken)
    {
        var after = new StoredLedger(draft.Ledger, draft.Mismatch);
        return await store.ExtendAsync(account, draft.Stored, after, draft.Unstored, draft.Anew, cancellationToken)
            ? draft with { Stored = draft.Ledger, Unstored = [], Anew = false }
            : draft; // Somebody else has moved it on meanwhile: with the same, since the chain is the same.
    }

    private async Task<LedgerView> ViewAsync(AccountKey account, Draft draft, BlockTime from, CancellationToken cancellationToken)
    {
        // Another replica may have moved it on by now: what it knows beyond our block is not for this view.
        var through = draft.Ledger.Through?.Number ?? default;
        var kept = draft.Anew ? [] : (await store.SegmentsAsync(account, from, cancellationToken)).Where(s => s.End!.Mark.Block <= through); // They have ended.
        return new LedgerView(
            draft.Ledger,
            [.. kept.Concat(draft.Unstored.Where(s => s.End!.Mark.At >= from)).DistinctBy(s => (s.End!.Mark.Block, s.End.Mark.LogIndex))],
            draft.IsVerified,
            draft.Mismatch);
    }

    private IEnumerable<LedgerChange> ChangesOf(FlowLedger before, ReadChanges read)
    {
        var rates = before.Open.ToDictionary(f => f.Key, f => f.Value.Rate);
        foreach (var update in read.Changes)
        {
            var time = read.Times[update.Block];
            var log = new FlowLog(
                update.Flow,
                rates.GetValueOrDefault(update.Flow.Payee),
                update.Rate,
                update.FlowOperator,
                update.Liquidation,
                update.Block,
                time.ToDateTimeOffset(),
                update.TransactionHash);
            rates[update.Flow.Payee] = update.Rate;
            yield return new LedgerChange(
                update.Flow.Payee,
                update.Rate,
                update.Rate.IsZero ? TokenAmount.Zero : BufferDeposit.StoredOf(update.EventDeposit),
                EndingClassifier.Lost(log) ?? TokenAmount.Zero,
                _classifier.CauseOf(log),
                new LedgerMark(time, update.Block, update.LogIndex, update.TransactionHash));
        }
    }

    /// <summary>A ledger under way.</summary>
    /// <param name="Stored">As Redis has it, as far as this one knows.</param>
    /// <param name="Anew">What is stored is not to be kept.</param>
    private sealed record Draft(FlowLedger? Stored, FlowLedger Ledger, string? Mismatch, bool Anew)
    {
        public Draft(StoredLedger? stored, bool Anew)
            : this(stored?.Ledger, stored?.Ledger ?? FlowLedger.Empty, stored?.Mismatch, Anew)
        {
        }

        /// <summary>It was read from the first block on.</summary>
        public bool WasAnew { get; init; }

        /// <summary>Segments that ended and are not stored yet.</summary>
        public ImmutableArray<FlowSegment> Unstored { get; init; } = [];

        public bool IsVerified { get; init; } = true;
    }
}
