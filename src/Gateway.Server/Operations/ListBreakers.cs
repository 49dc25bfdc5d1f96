using System.Globalization;
using Gateway.Domain.Leases;
using Gateway.Server.Leases;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>Breakers of leases that have not ended, page by page; those of dependencies come with the first page.</summary>
internal sealed class ListBreakers(LeaseListing listing, DependencyBreakers dependencies, LeaseRules rules)
{
    private static readonly LeaseState[] NotEnded =
        [.. System.Enum.GetValues<LeaseState>().Where(s => s is not (LeaseState.Unspecified or LeaseState.Closed or LeaseState.Rejected))];

    /// <exception cref="Leases.Errors.InvalidRequestException">With every problem of the request.</exception>
    public async Task<Wire.ListBreakersResponse> RunAsync(Wire.ListBreakersRequest request, CancellationToken cancellationToken)
    {
        var fields = new RequestFields(rules.Now);
        var filter = new LeaseFilter { States = [.. NotEnded], Breakers = [.. States(fields, request.States)] };
        var pageSize = fields.PageSize("page_size", request.PageSize);
        var pageToken = ListOrder.PageTokenOf(fields, request.PageToken);
        fields.ThrowIfAny();

        var page = await listing.ListAsync(filter, pageSize, pageToken, cancellationToken);
        var answer = new Wire.ListBreakersResponse { NextPageToken = page.NextPageToken ?? "" };
        answer.Leases.AddRange(page.Leases.Select(l => new Wire.LeaseBreaker { LeaseId = l.Id.Value, Breaker = LeaseMapping.ToWire(l.Breaker) }));
        if (pageToken is null)
            answer.Dependencies.AddRange(dependencies.Snapshot().Select(ToWire));
        return answer;
    }

    private static IEnumerable<BreakerState> States(RequestFields fields, IEnumerable<Wire.BreakerState> states)
    {
        var i = 0;
        foreach (var state in states)
        {
            if (fields.Enum(string.Create(CultureInfo.InvariantCulture, $"states[{i++}]"), state))
                yield return (BreakerState)(int)state;
        }
    }

    private static Wire.DependencyBreaker ToWire(DependencyState dependency) => new()
    {
        Name = dependency.Name,
        Breaker = new Wire.Breaker { State = dependency.State.ToWire(), ChangedAt = dependency.ChangedAt?.ToTimestamp() },
        Detail = dependency.Detail,
    };
}
