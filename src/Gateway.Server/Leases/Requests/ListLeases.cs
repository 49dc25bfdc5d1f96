using Gateway.Server.Leases.Validation;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Requests;

/// <summary>One page of the leases that match.</summary>
internal sealed class ListLeases(LeaseListing listing, LeaseReader reader, LeaseMapping mapping)
{
    public async Task<Wire.ListLeasesResponse> RunAsync(ListOrder order, CancellationToken cancellationToken)
    {
        var page = await listing.ListAsync(order.Filter, order.PageSize, order.PageToken, cancellationToken);
        var views = await reader.ViewAsync(page.Leases, cancellationToken);
        return new Wire.ListLeasesResponse { Leases = { views.Select(mapping.ToWire) }, NextPageToken = page.NextPageToken ?? "" };
    }
}
