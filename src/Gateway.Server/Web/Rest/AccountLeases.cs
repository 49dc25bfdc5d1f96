using Gateway.Domain.Leases;
using Gateway.Server.Accounts;
using Gateway.Server.Leases;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Storage;

namespace Gateway.Server.Web.Rest;

/// <summary>The leases of one account, for the one who pays them.</summary>
internal sealed class AccountLeases(AccountRequests requests, AccountStore store, LeaseListing listing, LeaseMapping mapping)
{
    private const int PageSize = 50;

    public async Task<LeasesDto> OpenAsync(string token, string payer, CancellationToken cancellationToken)
    {
        var book = await store.LoadAsync(requests.Account(token, payer).Key, cancellationToken);
        return new LeasesDto([.. book.Leases.Values.OrderByDescending(l => l.OpenedAt).Select(l => mapping.ToWire(new LeaseView(l, book.Account)).ToDto())], "");
    }

    /// <summary>As long as they are kept.</summary>
    /// <exception cref="InvalidRequestException">A page token that is not ours.</exception>
    public async Task<LeasesDto> EndedAsync(string token, string payer, string? pageToken, CancellationToken cancellationToken)
    {
        var account = requests.Account(token, payer).Key;
        var filter = new LeaseFilter { Payer = account.Payer, SuperToken = account.SuperToken, States = [LeaseState.Closed, LeaseState.Rejected] };
        try
        {
            var page = await listing.ListAsync(filter, PageSize, string.IsNullOrEmpty(pageToken) ? null : pageToken, cancellationToken);
            var book = await store.LoadAsync(account, cancellationToken);
            return new LeasesDto([.. page.Leases.Select(l => mapping.ToWire(new LeaseView(l, book.Account)).ToDto())], page.NextPageToken ?? "");
        }
        catch (FormatException e)
        {
            throw new InvalidRequestException("page_token", e.Message);
        }
    }
}
