using System.Collections.Immutable;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Leases;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Requests;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Storage;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>Which leases get the price of the list in force.</summary>
/// <param name="Plan">Null: of every plan.</param>
/// <param name="Batch">Leases read and changed before it is told how far it is.</param>
internal sealed record RepriceOrder(string? Plan, bool DryRun, int Batch)
{
    /// <exception cref="InvalidRequestException">With every problem of the request.</exception>
    public static RepriceOrder Read(Wire.RepriceLeasesRequest request, LeaseRules rules)
    {
        var fields = new RequestFields(rules.Now);
        var list = rules.Prices.Current;
        if (list is null)
            fields.Add("plan", "cannot be priced: no price list is configured.");
        else if (request.Plan.Length > 0 && !list.Plans.ContainsKey(request.Plan))
            fields.Add("plan", $"is not a plan of price list {list.Version}. It has {string.Join(", ", list.Plans.Keys)}.");
        var batch = fields.PageSize("batch", request.Batch);
        fields.ThrowIfAny();
        return new RepriceOrder(request.Plan.Length > 0 ? request.Plan : null, request.DryRun, batch);
    }
}

/// <summary>Gives running leases that an older list priced the price of the one in force, each by the way of any other change.</summary>
/// <remarks>
/// Begun again it goes on: what has the new price is not an older list's any more. A lease with a named rate is never touched. What cannot be changed (a payer who
/// could not carry it, a plan that is gone) keeps its price, is told of, and holds up no other.
/// </remarks>
internal sealed partial class Reprice(LeaseListing listing, LeaseReader reader, UpdateLease update, LeaseRules rules, RepriceTeller teller, ILogger<Reprice> logger)
{
    /// <summary>A lease changes its version with every look at its account; one that does so each time it is to be changed is left for the next run.</summary>
    private const int MostTries = 5;

    private static readonly ImmutableHashSet<LeaseState> Running = [LeaseState.Opening, LeaseState.Active, LeaseState.Updating, LeaseState.Paused];

    /// <param name="tell">Called after each batch, and once at the end.</param>
    /// <exception cref="StoreUnavailableException">Redis has no answer: what was changed is changed, and the same call goes on from there.</exception>
    public async Task RunAsync(RepriceOrder order, Func<Wire.RepriceProgress, Task> tell, CancellationToken cancellationToken)
    {
        var sums = teller.Begin(await listing.CountOpenAsync(cancellationToken));
        var filter = LeaseFilter.All with { States = Running };
        string? pageToken = null;
        do
        {
            var page = await listing.ListAsync(filter, order.Batch, pageToken, cancellationToken);
            pageToken = page.NextPageToken;
            foreach (var lease in page.Leases)
                sums.Add(lease, IsDue(lease, order) ? await RepriceAsync(lease, order, cancellationToken) : null);
            await tell(sums.Take(isLast: pageToken is null));
        }
        while (pageToken is not null);
        if (!order.DryRun)
            LogRepriced(rules.Prices.Current?.Version, sums.Done, sums.Failed);
    }

    private bool IsDue(Lease lease, RepriceOrder order) => lease.Pricing is { } pricing
        && !string.Equals(pricing.ListVersion, rules.Prices.Current?.Version, StringComparison.Ordinal)
        && (order.Plan is null || string.Equals(order.Plan, pricing.Resources.Plan, StringComparison.Ordinal));

    private async Task<Repriced> RepriceAsync(Lease lease, RepriceOrder order, CancellationToken cancellationToken)
    {
        try
        {
            // An old worth is good for what its customer wants, not for changing what runs.
            PriceOf(lease)?.RequireFresh(lease.Account.SuperToken, rules.Prices);
            return order.DryRun ? Preview(lease) : await ChangeAsync(lease, cancellationToken);
        }
        catch (Exception e) when (e is not (OperationCanceledException or StoreUnavailableException))
        {
            // One lease's trouble is its own: it is told, and the rest goes on.
            var problem = RefusalMapping.Of(e);
            if (problem.Code == Grpc.Core.StatusCode.Internal)
                LogFailed(e, lease.Id.Value);
            return Repriced.Failed(lease, problem);
        }
    }

    private Repriced Preview(Lease lease)
    {
        var change = OrderFor(lease).ToChange(lease, PriceOf(lease), traceParent: null);
        OrderFor(lease).Check(lease, change);
        return new Repriced(lease, change.Rate ?? lease.Rate, change.PausedRate ?? lease.PausedRate, Problem: null);
    }

    private async Task<Repriced> ChangeAsync(Lease lease, CancellationToken cancellationToken)
    {
        var before = lease;
        for (var tries = 1; ; tries++)
        {
            try
            {
                var after = (await update.RunAsync(OrderFor(lease), cancellationToken)).Lease;
                return new Repriced(before, after.Rate, after.PausedRate, Problem: null);
            }
            catch (VersionConflictException) when (tries < MostTries)
            {
                // Somebody has changed it since it was read. Where he has changed what it is made of, the new resources count.
                lease = (await reader.GetAsync(lease.Id, cancellationToken)).Lease;
                if (!IsDue(lease, new RepriceOrder(Plan: null, DryRun: false, Batch: 1)))
                    return new Repriced(before, lease.Rate, lease.PausedRate, Problem: null);
            }
        }
    }

    private UpdateOrder OrderFor(Lease lease) => new(
        lease.Id, PriceAsk.Of(lease.Pricing!.Resources), Priority: null, Paused: null, rules.Now, lease.Version, Wait: null); // Only what a list priced is due.

    private ListPrice? PriceOf(Lease lease) => OrderFor(lease).PriceFor(lease, rules);

    [LoggerMessage(EventId = 9611, Level = LogLevel.Information, Message = "{Done} leases have the price of list {Version} now; {Failed} could not be given it")]
    private partial void LogRepriced(string? version, long done, long failed);

    [LoggerMessage(EventId = 9612, Level = LogLevel.Error, Message = "Lease {Lease} could not be given its new price")]
    private partial void LogFailed(Exception exception, string lease);
}

/// <summary>What became of one lease.</summary>
/// <param name="Lease">As it was.</param>
/// <param name="Problem">Null: it has, or would have, the new price.</param>
internal sealed record Repriced(Lease Lease, FlowRate Rate, FlowRate PausedRate, Problem? Problem)
{
    public static Repriced Failed(Lease lease, Problem problem) => new(lease, lease.Rate, lease.PausedRate, problem);
}
