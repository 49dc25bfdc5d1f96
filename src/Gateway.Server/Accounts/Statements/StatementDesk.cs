using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Chains;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Statements;

/// <summary>An account over a period: what its VMs used, what flowed to those who ran them.</summary>
internal sealed record AccountStatement(
    AccountTarget Target, Account Account, BlockTime From, BlockTime To, ImmutableArray<LeaseUse> Leases, StatementFlows Flows)
{
    public TokenAmount Used => Leases.Aggregate(TokenAmount.Zero, (sum, lease) => sum + lease.Used);

    public TokenAmount Streamed => Flows.Stretches.Aggregate(TokenAmount.Zero, (sum, flow) => sum + flow.Streamed);

    /// <summary>Streamed and not used (yet), or, below zero, used and not streamed.</summary>
    public TokenAmount Carried => Streamed - Used;

    /// <summary>The same of all that was before.</summary>
    public required TokenAmount OpeningCarry { get; init; }

    public TokenAmount ClosingCarry => OpeningCarry + Carried;
}

/// <summary>What flowed to those whom an account's leases pay.</summary>
/// <param name="Held">Buffers that were locked up at the end.</param>
/// <param name="Through">Every change up to this block is known; null: there is nobody to be paid.</param>
internal sealed record StatementFlows(ImmutableArray<FlowStretch> Stretches, ImmutableArray<BufferEntry> Buffers, TokenAmount Held, BlockNumber? Through, bool IsVerified, string? Mismatch)
{
    public static readonly StatementFlows None = new([], [], TokenAmount.Zero, Through: null, IsVerified: true, Mismatch: null);
}

/// <summary>Draws up statements, behind gRPC and behind REST.</summary>
internal sealed class StatementDesk(
    AccountRequests requests, AccountLeases accounts, PayeeIndex index, UsageLog usage, ChainReader chain, LedgerKeeper ledgers)
{
    /// <exception cref="UseNotKeptException">A border of the period lies where a meter cannot tell.</exception>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept what it takes.</exception>
    public async Task<Wire.Statement> GetAsync(Wire.GetStatementRequest request, CancellationToken cancellationToken) =>
        StatementMapping.ToWire(await DrawUpAsync(requests.Statement(request), cancellationToken));

    private async Task<AccountStatement> DrawUpAsync(StatementWish wish, CancellationToken cancellationToken)
    {
        var head = (await chain.HeadAsync(cancellationToken)).Block;
        var (account, leases) = await accounts.ReadAsync(wish.Target.Key, cancellationToken);
        var from = wish.From ?? Earliest(leases) ?? head.Time;
        var to = wish.To is { } until && until < head.Time ? until : head.Time;
        if (to < from)
            to = from;
        var (used, usedBefore) = (ImmutableArray.CreateBuilder<LeaseUse>(), TokenAmount.Zero);
        foreach (var lease in leases.Where(l => l.OpenedAt < to.ToDateTimeOffset()))
        {
            var past = await usage.ReadSealedAsync(lease, cancellationToken);
            if (!(lease.ClosedAt <= from.ToDateTimeOffset()))
                used.Add(LeaseUse.Of(lease, past, wish.From, to < head.Time ? to : null, head.Time));
            if (lease.OpenedAt < from.ToDateTimeOffset())
                usedBefore += LeaseUse.Of(lease, past, from: null, from, head.Time).Used;
        }

        if (leases.Count == 0)
            return new AccountStatement(wish.Target, account, from, to, used.ToImmutable(), StatementFlows.None) { OpeningCarry = TokenAmount.Zero };

        var view = await ledgers.BringUpAsync(account.Key, head, from, cancellationToken);
        var payees = leases.SelectMany(l => l.Payees).Select(p => p.Address).ToHashSet();
        await index.AddAsync(account.Key, payees, cancellationToken);
        return new AccountStatement(wish.Target, account, from, to, used.ToImmutable(), FlowsOf(view, payees, from, to, isOpen: to == head.Time))
        {
            OpeningCarry = payees.Aggregate(TokenAmount.Zero, (sum, p) => sum + view.StreamedTo(p, from)) - usedBefore,
        };
    }

    /// <param name="isOpen">It goes to the head: what happened in that very second is in it.</param>
    private static StatementFlows FlowsOf(LedgerView view, HashSet<Address> payees, BlockTime from, BlockTime to, bool isOpen)
    {
        List<FlowSegment> segments = [.. view.Segments.Where(s => payees.Contains(s.Payee))];
        return new StatementFlows(
            SegmentCut.Stretches(segments, from, to),
            SegmentCut.BufferMoves(segments, from, isOpen ? to.PlusSeconds(1) : to),
            SegmentCut.Held(segments, isOpen ? to : new BlockTime(to.UnixSeconds - 1)),
            view.Ledger.Through?.Number,
            view.IsVerified,
            view.Mismatch);
    }

    private static BlockTime? Earliest(IReadOnlyList<Lease> leases) =>
        leases.Count == 0 ? null : new BlockTime((ulong)leases.Min(l => l.OpenedAt).ToUnixTimeSeconds());
}
