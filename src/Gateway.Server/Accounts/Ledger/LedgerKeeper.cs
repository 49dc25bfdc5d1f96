using System.Collections.Immutable;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>What a ledger is made of, and compared with.</summary>
internal sealed record LedgerSources(LedgerBeginning Beginning, LedgerReader Reader, LedgerFold Fold, LedgerCheck Check);

/// <summary>Moves an account's flow ledger on to a block: from the chain's logs, compared with its state, stored where it was told by enough endpoints.</summary>
/// <remarks>
/// Any replica may do it at any time, also several at once: the ledger is a function of the chain, and it is stored by compare-and-set of the block that it goes
/// through. What is stored needs no node's past any more.
/// </remarks>
internal sealed class LedgerKeeper(
    LedgerStore store, LedgerSources sources, BlockClock clock, ChainDirectory directory, LedgerJournal journal)
{
    /// <summary>Rounds after which it is plainly being made anew all the time.</summary>
    private const int MaxRounds = 25;

    /// <param name="head">Executed.</param>
    /// <param name="from">Segments that ended before are not given.</param>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept it.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<LedgerView> BringUpAsync(AccountKey account, LedgerScope scope, BlockRef head, BlockTime from, CancellationToken cancellationToken)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            if (await TryBringUpAsync(account, scope, head, from, cancellationToken) is { } view)
                return view;
        }

        throw new StoreUnavailableException($"The ledger of {account} is made anew again and again while it is read.");
    }

    /// <returns>Null: another replica began to make it anew, and its segments are not all there.</returns>
    private async Task<LedgerView?> TryBringUpAsync(AccountKey account, LedgerScope scope, BlockRef head, BlockTime from, CancellationToken cancellationToken)
    {
        var stored = await store.ReadAsync(account, cancellationToken);
        var draft = new Draft(stored, Anew: stored is null || stored.Mismatch is not null || scope.IsOlderThan(stored.Ledger));
        if (stored?.Ledger.Through is { } through && through.Number < head.Number)
        {
            if ((await clock.BlockAsync(through.Number, cancellationToken)).Hash != through.Hash)
            {
                journal.SetBack(account, through.Number);
                draft = draft with { Anew = true };
            }
        }

        draft = await ReadAsync(account, scope, draft, head, cancellationToken);
        if (draft.Mismatch is { } difference && !draft.WasAnew)
        {
            // A log that was left out long ago is found by reading all of it again.
            journal.Mismatched(account, difference);
            draft = await ReadAsync(account, scope, draft with { Anew = true }, head, cancellationToken);
        }

        if (draft.Mismatch is { } remaining)
            journal.Mismatched(account, remaining);
        return await ViewAsync(account, draft, from, cancellationToken);
    }

    private async Task<Draft> ReadAsync(AccountKey account, LedgerScope scope, Draft draft, BlockRef head, CancellationToken cancellationToken)
    {
        if (!draft.Anew && draft.Ledger.Through is { } at && (at.Number > head.Number || (at.Number == head.Number && !draft.Ledger.MayLack(scope.Payees))))
            return draft;
        draft = await BeginAsync(account, scope, draft, head, cancellationToken);
        for (var next = draft.Next ?? directory.Deployment.DeployBlock; next <= head.Number; next = LedgerReader.EndOf(next, head.Number).Plus(1))
        {
            var end = LedgerReader.EndOf(next, head.Number);
            var read = await sources.Reader.ReadAsync(account, next, end, cancellationToken);
            var (recalled, unsure) = await sources.Beginning.RecallAsync(account, draft.Ledger, read, cancellationToken);
            var (ledger, closed) = sources.Fold.Apply(recalled, read, end == head.Number ? head : await clock.BlockAsync(end, cancellationToken));
            draft = draft with
            {
                Ledger = ledger,
                Unstored = draft.Unstored.AddRange(closed),
                Unsure = draft.Unsure.Union(unsure),
                IsVerified = draft.IsVerified && read.IsVerified,
                Mismatch = null,
            };
            if (draft.IsVerified && end < head.Number)
                draft = await StoreAsync(account, draft, cancellationToken);
        }

        if (draft.Ledger.Through is null)
            return draft; // It is to begin after the head.
        var (checkedLedger, difference) = await sources.Check.RunAsync(account, draft.Ledger, scope.Payees, draft.Unsure, head, cancellationToken);
        draft = draft with { Ledger = checkedLedger, Mismatch = difference };
        return draft.IsVerified ? await StoreAsync(account, draft, cancellationToken) : draft;
    }

    private async Task<Draft> BeginAsync(AccountKey account, LedgerScope scope, Draft draft, BlockRef head, CancellationToken cancellationToken)
    {
        // One that begins too late begins elsewhere.
        var former = draft.Stored is { } stored && !scope.IsOlderThan(stored) ? stored : null;
        var begun = draft.Anew ? await sources.Beginning.AgainAsync(account, scope, former, head, cancellationToken) : new BegunLedger(draft.Ledger, IsVerified: true);
        return draft with { Ledger = begun.Ledger, WasAnew = draft.Anew, Unstored = [], Unsure = [], IsVerified = begun.IsVerified };
    }

    private async Task<Draft> StoreAsync(AccountKey account, Draft draft, CancellationToken cancellationToken)
    {
        var after = new StoredLedger(draft.Ledger, draft.Mismatch);
        return await store.ExtendAsync(account, draft.Stored, after, draft.Unstored, draft.Anew, cancellationToken)
            ? draft with { Stored = draft.Ledger, Unstored = [], Anew = false }
            : draft; // Somebody else has moved it on meanwhile: with the same, since the chain is the same.
    }

    private async Task<LedgerView?> ViewAsync(AccountKey account, Draft draft, BlockTime from, CancellationToken cancellationToken)
    {
        // Another replica may have moved it on by now: what it knows beyond our block is not for this view.
        var through = draft.Ledger.Through?.Number ?? default;
        ImmutableArray<FlowSegment> kept = [];
        if (draft is { Anew: false, Stored.Through: { } stored })
        {
            (var at, kept) = await store.SegmentsAsync(account, from, cancellationToken);
            if (at?.Covers(stored) != true)
                return null;
        }

        return new LedgerView(
            draft.Ledger,
            [.. kept.Where(s => s.End!.Mark.Block <= through).Concat(draft.Unstored.Where(s => s.End!.Mark.At >= from)).DistinctBy(s => (s.End!.Mark.Block, s.End.Mark.LogIndex))], // They have ended.
            draft.IsVerified,
            draft.Mismatch);
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

        /// <summary>The block to go on with; null: the first one of all.</summary>
        public BlockNumber? Next => Ledger.Through?.Number.Plus(1);

        /// <summary>It was read from its beginning on.</summary>
        public bool WasAnew { get; init; }

        /// <summary>Segments that ended and are not stored yet.</summary>
        public ImmutableArray<FlowSegment> Unstored { get; init; } = [];

        /// <summary>Payees whose flows may have been open where it begins, which nobody can tell any more.</summary>
        public ImmutableHashSet<Address> Unsure { get; init; } = [];

        public bool IsVerified { get; init; } = true;
    }
}
