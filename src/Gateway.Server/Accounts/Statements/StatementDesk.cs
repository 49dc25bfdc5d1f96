using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Statements;

/// <summary>Statements of payers, behind gRPC and behind REST: as it was closed where the period is, else drawn up now.</summary>
internal sealed class StatementDesk(AccountRequests requests, StatementDrawer drawer, PeriodStore periods, ChainReader chain)
{
    /// <exception cref="UseNotKeptException">A border of the period lies where a meter cannot tell.</exception>
    /// <exception cref="DetailsNotKeptException">It begins before details are kept, and is no closed period.</exception>
    /// <exception cref="HistoryUnavailableException">The nodes have not kept what it takes.</exception>
    public async Task<Wire.Statement> GetAsync(Wire.GetStatementRequest request, CancellationToken cancellationToken)
    {
        var wish = requests.Statement(request);
        var head = (await chain.HeadAsync(cancellationToken)).Block;
        RequireBegun(request.Period.Length > 0 ? "period" : "from", wish.From, head);
        return await GetAsync(wish.Target, wish.From, wish.To, head, cancellationToken);
    }

    /// <exception cref="InvalidRequestException">It begins after the head.</exception>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<Wire.Statement> GetAsync(AccountTarget target, BlockTime? from, BlockTime? to, BlockRef head, CancellationToken cancellationToken)
    {
        RequireBegun("from", from, head);
        if (from is { } first && to is { } last && await periods.FindAsync(target.Key, first, last, cancellationToken) is { } closed)
            return StatementMapping.ToWire(closed);
        return StatementMapping.ToWire(await drawer.DrawAsync(target, from, to, head, cancellationToken));
    }

    /// <summary>What flows now would be taken to have flowed until then.</summary>
    private static void RequireBegun(string field, BlockTime? from, BlockRef head)
    {
        if (from > head.Time)
            throw new InvalidRequestException(field, $"begins after the last block, of {head.Time.ToDateTimeOffset():u}: nothing is known of it yet.");
    }
}
