using Gateway.Server.Directives;
using Gateway.Server.Leases.Requests;
using Gateway.Server.Leases.Validation;
using Grpc.Core;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases;

/// <summary>The scheduler's service. Every request has a class of its own; here it is only handed over. Errors become statuses in the interceptor.</summary>
internal sealed class LeaseEndpoint(LeaseCommands commands, LeaseQueries queries, DirectiveWatch directives, LeaseRules rules, LeaseMapping mapping)
    : Wire.LeaseService.LeaseServiceBase
{
    public override Task<Wire.Quote> QuoteLease(Wire.QuoteLeaseRequest request, ServerCallContext context) =>
        queries.Quote.RunAsync(QuoteOrder.Read(request, rules), context.CancellationToken);

    public override async Task<Wire.Lease> OpenLease(Wire.OpenLeaseRequest request, ServerCallContext context) =>
        mapping.ToWire(await commands.Open.RunAsync(OpenOrder.Read(request, rules), context.CancellationToken));

    public override async Task<Wire.Lease> UpdateLease(Wire.UpdateLeaseRequest request, ServerCallContext context) =>
        mapping.ToWire(await commands.Update.RunAsync(UpdateOrder.Read(request, rules), context.CancellationToken));

    public override async Task<Wire.Lease> CloseLease(Wire.CloseLeaseRequest request, ServerCallContext context) =>
        mapping.ToWire(await commands.Close.RunAsync(CloseOrder.Read(request, rules), context.CancellationToken));

    public override async Task<Wire.Lease> GetLease(Wire.GetLeaseRequest request, ServerCallContext context) =>
        mapping.ToWire(await queries.Reader.GetAsync(LeaseFields.IdOf(request.LeaseId), context.CancellationToken));

    public override Task<Wire.ListLeasesResponse> ListLeases(Wire.ListLeasesRequest request, ServerCallContext context) =>
        queries.List.RunAsync(ListOrder.Read(request, rules), context.CancellationToken);

    public override async Task WatchLeases(Wire.ListLeasesRequest request, IServerStreamWriter<Wire.Lease> responseStream, ServerCallContext context)
    {
        var filter = ListOrder.Read(request, rules).Filter;
        await SayHeardAsync(context);
        await queries.Watch.RunAsync(filter, (view, ct) => responseStream.WriteAsync(mapping.ToWire(view), ct), context.CancellationToken);
    }

    public override async Task WatchDirectives(Wire.WatchDirectivesRequest request, IServerStreamWriter<Wire.Directive> responseStream, ServerCallContext context)
    {
        var order = WatchOrder.Read(request);
        await SayHeardAsync(context);
        await directives.RunAsync(order.From, order.Follow, responseStream.WriteAsync, context.CancellationToken);
    }

    public override async Task<Wire.Lease> ReportExecution(Wire.ReportExecutionRequest request, ServerCallContext context) =>
        mapping.ToWire(await commands.Report.RunAsync(ReportOrder.Read(request, rules), context.CancellationToken));

    /// <summary>A stream on which nothing comes yet is else not told apart from a gateway that does not answer.</summary>
    private static Task SayHeardAsync(ServerCallContext context) => context.WriteResponseHeadersAsync([]);
}
