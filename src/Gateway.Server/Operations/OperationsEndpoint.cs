using Gateway.Server.Leases;
using Gateway.Server.Leases.Validation;
using Grpc.Core;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Operations;

/// <summary>The service of whoever is on call.</summary>
internal sealed class OperationsEndpoint(
    ListBreakers breakers, OperatorHands hands, ExplainLease explain, ChainComparisons comparisons, LeaseMapping mapping) : Wire.OperationsService.OperationsServiceBase
{
    private const string NoReasonGiven = "no reason was given";

    public override Task<Wire.ListBreakersResponse> ListBreakers(Wire.ListBreakersRequest request, ServerCallContext context) =>
        breakers.RunAsync(request, context.CancellationToken);

    public override async Task<Wire.Lease> IsolateLease(Wire.IsolateLeaseRequest request, ServerCallContext context)
    {
        var fields = new RequestFields(DateTimeOffset.UnixEpoch); // It reads no instant.
        var id = fields.LeaseId("lease_id", request.LeaseId);
        var why = fields.Text("why", request.Why, RequestLimits.Why, required: false);
        if (id is null || why is null)
            throw fields.ToException();
        return mapping.ToWire(await hands.Breakers.IsolateAsync(id, why.Length == 0 ? NoReasonGiven : why, context.CancellationToken));
    }

    public override async Task<Wire.Lease> ReleaseLease(Wire.ReleaseLeaseRequest request, ServerCallContext context) =>
        mapping.ToWire(await hands.Breakers.ReleaseAsync(LeaseFields.IdOf(request.LeaseId), context.CancellationToken));

    public override async Task<Wire.Settlement> GetSettlement(Wire.GetSettlementRequest request, ServerCallContext context) =>
        await hands.Lane.ReadAsync(context.CancellationToken);

    public override async Task<Wire.Settlement> SetSettlementLimits(Wire.SetSettlementLimitsRequest request, ServerCallContext context) =>
        await hands.Lane.SetLimitsAsync(request, context.CancellationToken);

    public override Task<Wire.LeaseHistory> ExplainLease(Wire.GetLeaseRequest request, ServerCallContext context) =>
        explain.RunAsync(LeaseFields.IdOf(request.LeaseId), context.CancellationToken);

    public override Task<Wire.ReconcileReport> Reconcile(Wire.ReconcileRequest request, ServerCallContext context) =>
        comparisons.Reconcile.RunAsync(request.DryRun, context.CancellationToken);

    public override Task<Wire.RebuildReport> Rebuild(Wire.RebuildRequest request, ServerCallContext context) =>
        comparisons.Rebuild.RunAsync(request.DryRun, context.CancellationToken);

    public override Task<Wire.Prices> GetPrices(Wire.GetPricesRequest request, ServerCallContext context) => Task.FromResult(hands.Prices.Read());

    public override Task<Wire.Prices> ReloadPrices(Wire.ReloadPricesRequest request, ServerCallContext context) =>
        hands.Prices.ReloadAsync(context.CancellationToken);

    public override Task RepriceLeases(
        Wire.RepriceLeasesRequest request, IServerStreamWriter<Wire.RepriceProgress> responseStream, ServerCallContext context) =>
        hands.Prices.RepriceAsync(request, responseStream.WriteAsync, context.CancellationToken);
}
