using System.Collections.Immutable;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Statements;

/// <summary>Draws up an account's statement from its ledger, its meters, and what was stated last.</summary>
internal sealed class StatementDrawer(AccountLeases accounts, UsageLog usage, LedgerKeeper ledgers, LedgerStore store, PeriodStore periods, PayeeIndex index)
{
    /// <summary>An ended lease is looked at again for so long: what is reported of it later than that is on no statement.</summary>
    public static readonly TimeSpan MayBeCorrected = TimeSpan.FromDays(40);

    /// <summary>Whether a lease ended so long before then that a period which is closed there keeps no reading of it.</summary>
    public static bool IsLongEnded(Lease lease, BlockTime at) => lease.ClosedAt < at.ToDateTimeOffset() - MayBeCorrected;

    /// <param name="from">Null: since the first lease was opened, or since details are kept.</param>
    /// <param name="to">Null: to the head.</param>
    /// <param name="mayDefer">Where a meter cannot tell what was used until a border, all of it is stated with what comes behind the border.</param>
    /// <exception cref="UseNotKeptException">A border of the period lies where a meter cannot tell.</exception>
    /// <exception cref="DetailsNotKeptException">It begins before details are kept.</exception>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept what it takes.</exception>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<AccountStatement> DrawAsync(AccountTarget target, BlockTime? from, BlockTime? to, BlockRef head, CancellationToken cancellationToken, bool mayDefer = false)
    {
        var (account, leases) = await accounts.ReadAsync(target.Key, cancellationToken);
        if (await store.KeptSinceAsync(target.Key, cancellationToken) is { } kept)
        {
            if ((from ?? to) < kept)
                throw new DetailsNotKeptException(target.Key, kept);
            from ??= kept;
        }

        var isOpen = to is not { } until || until >= head.Time;
        var span = Span.Of(from ?? Earliest(leases) ?? head.Time, isOpen ? head.Time : to!.Value, isOpen); // It is not open.
        var stated = await periods.LastEndingByAsync(target.Key, span.From, cancellationToken);
        var scope = LedgerScope.Of(leases, stated?.Carry.Keys ?? []) with { MayBeginEarlier = stated is null && await periods.FirstAsync(target.Key, cancellationToken) is null };
        var payees = scope.Payees;
        if (payees.IsEmpty)
        {
            return new AccountStatement(target, account, span.From, span.To, [], StatementFlows.None, [])
            {
                Readings = ImmutableSortedDictionary<LeaseId, LeaseReading>.Empty,
            };
        }

        await index.AddAsync(target.Key, payees, cancellationToken);
        var view = await ledgers.BringUpAsync(target.Key, scope, head, stated?.To ?? span.From, cancellationToken);
        var uses = await UsesAsync(leases, from is null ? null : span.From, span, stated, mayDefer, cancellationToken);
        // After all of it was read, so that nothing was dropped unseen.
        if (await store.KeptSinceAsync(target.Key, cancellationToken) is { } since && (stated?.To ?? span.From) < since)
            throw new DetailsNotKeptException(target.Key, since);
        return new AccountStatement(
            target, account, span.From, span.To, [.. uses.Where(u => IsShown(u.Use, span)).Select(u => u.Use)], FlowsOf(view, payees, span), [.. payees.Select(p => SumsOf(p, view, uses, span, stated?.To ?? LostUntil(leases, span), stated?.Carry.GetValueOrDefault(p) ?? TokenAmount.Zero))])
        {
            Readings = uses.Where(u => !IsLongEnded(u.Use.Lease, span.To)).ToImmutableSortedDictionary(u => u.Use.Lease.Id, u => u.Use.After),
        };
    }

    /// <summary>Of every lease, what was read where the last closed period ended, and at both borders.</summary>
    private async Task<List<(LeaseReading Stated, LeaseUse Use)>> UsesAsync(
        IReadOnlyList<Lease> leases, BlockTime? from, Span span, ClosedPeriod? stated, bool mayDefer, CancellationToken cancellationToken)
    {
        List<(LeaseReading, LeaseUse)> uses = [];
        foreach (var lease in leases.Where(l => l.OpenedAt < span.To.ToDateTimeOffset()))
        {
            var reading = stated?.Readings.GetValueOrDefault(lease.Id);
            // It is in what is carried. One that ended later, and was not read there, was first told of since.
            if (reading is null && stated is not null && IsLongEnded(lease, stated.To))
                continue;
            reading ??= LeaseReading.Nothing;
            var past = await usage.ReadSealedAsync(lease, cancellationToken);
            var atFrom = from is { } start ? Read(lease, past, start.ToDateTimeOffset(), mayDefer || stated is not null) : LeaseReading.Nothing;
            var atEnd = Read(lease, past, span.To.ToDateTimeOffset(), mayDefer);
            // Where it follows what was stated, that counts, and not what is known by now: the difference is this period's.
            uses.Add((reading, stated is not null && stated.To == span.From
                ? new LeaseUse(lease, reading, atEnd, atFrom.RunningMilliseconds - reading.RunningMilliseconds, atFrom.Used - reading.Used)
                : new LeaseUse(lease, atFrom, atEnd, 0, TokenAmount.Zero)));
        }

        return uses;
    }

    private static LeaseReading Read(Lease lease, ImmutableArray<UsageInterval> past, DateTimeOffset at, bool mayDefer) =>
        LeaseReading.Of(lease, past, at) ?? (mayDefer ? LeaseReading.Nothing : throw new UseNotKeptException(lease.Id, lease.OpenedAt, lease.Meter.From));

    private static bool IsShown(LeaseUse use, Span span) => !(use.Lease.ClosedAt <= span.From.ToDateTimeOffset()) || !use.IsNothing;

    /// <summary>What a lost store knew of use is lost: what was streamed before the leases came back is neither ahead nor behind.</summary>
    private static BlockTime? LostUntil(IReadOnlyList<Lease> leases, Span span) =>
        leases.Min(l => l.RestoredAt) is { } restored ? Earlier(new BlockTime((ulong)restored.ToUnixTimeSeconds()), span.From) : null;

    private static BlockTime Earlier(BlockTime one, BlockTime other) => one < other ? one : other;

    /// <param name="carriedAt">Until when all is in what is carried; null: nothing was carried before.</param>
    private static PayeeSums SumsOf(
        Address payee, LedgerView view, List<(LeaseReading Stated, LeaseUse Use)> uses, Span span, BlockTime? carriedAt, TokenAmount carried)
    {
        var streamedBefore = view.StreamedTo(payee, span.From) - (carriedAt is { } at ? view.StreamedTo(payee, at) : TokenAmount.Zero);
        var usedBefore = uses.Aggregate(TokenAmount.Zero, (sum, u) => sum + u.Use.Before.PartOf(payee) - u.Stated.PartOf(payee));
        return new PayeeSums(
            payee,
            carried + streamedBefore - usedBefore,
            view.StreamedTo(payee, span.To) - view.StreamedTo(payee, span.From),
            uses.Aggregate(TokenAmount.Zero, (sum, u) => sum + u.Use.UsedFor(payee)));
    }

    private static StatementFlows FlowsOf(LedgerView view, ImmutableSortedSet<Address> payees, Span span)
    {
        List<FlowSegment> segments = [.. view.Segments.Where(s => payees.Contains(s.Payee))];
        return new StatementFlows(
            SegmentCut.Stretches(segments, span.From, span.To),
            SegmentCut.BufferMoves(segments, span.From, span.IsOpen ? span.To.PlusSeconds(1) : span.To),
            SegmentCut.Held(segments, span.IsOpen ? span.To : new BlockTime(span.To.UnixSeconds - 1)),
            view.Ledger.Through?.Number,
            view.IsVerified,
            view.Mismatch);
    }

    private static BlockTime? Earliest(IReadOnlyList<Lease> leases) => leases.Count == 0 ? null : new BlockTime((ulong)leases[0].OpenedAt.ToUnixTimeSeconds());

    /// <param name="IsOpen">It goes to the head: what happened in that very second is in it.</param>
    private sealed record Span(BlockTime From, BlockTime To, bool IsOpen)
    {
        public static Span Of(BlockTime from, BlockTime to, bool isOpen) => new(from, to < from ? from : to, isOpen);
    }
}
