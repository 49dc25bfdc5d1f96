using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Chains;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Statements;

/// <summary>An account over a period: what its VMs used, what flowed to those who ran them.</summary>
internal sealed record AccountStatement(
    AccountTarget Target, Account Account, BlockTime From, BlockTime To, ImmutableArray<LeaseUse> Leases, ImmutableArray<FlowPeriod> Flows)
{
    public TokenAmount Used => Leases.Aggregate(TokenAmount.Zero, (sum, lease) => sum + lease.Used);

    public TokenAmount Streamed => Flows.Aggregate(TokenAmount.Zero, (sum, flow) => sum + flow.Streamed);

    /// <summary>Streamed and not used (yet), or, below zero, used and not streamed.</summary>
    public TokenAmount Carried => Streamed - Used;
}

/// <summary>Draws up statements, behind gRPC and behind REST.</summary>
internal sealed class StatementDesk(AccountRequests requests, AccountStore store, LeaseListing listing, UsageLog usage, ChainReader chain, FlowHistory history)
{
    private static readonly ImmutableHashSet<LeaseState> Ended = [LeaseState.Closed];

    /// <exception cref="UseNotKeptException">A border of the period lies where a meter cannot tell.</exception>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept what it takes.</exception>
    public async Task<Wire.Statement> GetAsync(Wire.GetStatementRequest request, CancellationToken cancellationToken) =>
        StatementMapping.ToWire(await DrawUpAsync(requests.Statement(request), cancellationToken));

    private async Task<AccountStatement> DrawUpAsync(StatementWish wish, CancellationToken cancellationToken)
    {
        var account = wish.Target.Key;
        var head = (await chain.HeadAsync(cancellationToken)).Block;
        var book = await store.LoadAsync(account, cancellationToken);
        List<Lease> leases = [.. await EndedAsync(account, cancellationToken), .. book.Leases.Values.Where(l => l.State != LeaseState.Rejected)];
        var from = wish.From ?? Earliest(leases) ?? head.Time;
        var to = wish.To is { } until && until < head.Time ? until : head.Time;
        if (to < from)
            to = from;
        ImmutableArray<Address> payees = [.. leases.SelectMany(l => l.Payees).Select(p => p.Address).Distinct().Order()];
        var flows = await history.ReadAsync(account, payees, from, to, head, cancellationToken);
        List<LeaseUse> used = [];
        foreach (var lease in leases.Where(l => l.OpenedAt < to.ToDateTimeOffset() && !(l.ClosedAt <= from.ToDateTimeOffset())))
            used.Add(LeaseUse.Of(lease, await usage.ReadSealedAsync(lease, cancellationToken), wish.From, to < head.Time ? to : null, head.Time));
        return new AccountStatement(wish.Target, book.Account, from, to, [.. used], flows);
    }

    /// <summary>Those that have ended, as long as they are kept.</summary>
    private async Task<List<Lease>> EndedAsync(AccountKey account, CancellationToken cancellationToken)
    {
        var filter = new LeaseFilter { Payer = account.Payer, SuperToken = account.SuperToken, States = Ended };
        List<Lease> leases = [];
        string? token = null;
        do
        {
            var page = await listing.ListAsync(filter, LeaseListing.MaxPageSize, token, cancellationToken);
            leases.AddRange(page.Leases);
            token = page.NextPageToken;
        }
        while (token is not null);
        return leases;
    }

    private static BlockTime? Earliest(List<Lease> leases) =>
        leases.Count == 0 ? null : new BlockTime((ulong)leases.Min(l => l.OpenedAt).ToUnixTimeSeconds());
}
