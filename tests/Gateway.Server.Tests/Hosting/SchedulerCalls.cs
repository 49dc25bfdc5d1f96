using Grpc.Core;
using Superfluid.Gateway.V1;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Hosting;

/// <summary>LeaseService as a test calls it: given up with the test, and streams with their deadline, so that what never comes ends the test.</summary>
internal sealed class SchedulerCalls(ChannelBase channel)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly LeaseService.LeaseServiceClient _client = new(channel);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static DateTime Deadline => TimeProvider.System.GetUtcNow().UtcDateTime + Patience;

    public async Task<Quote> QuoteLeaseAsync(QuoteLeaseRequest request) => await _client.QuoteLeaseAsync(request, cancellationToken: Cancellation);

    public async Task<Lease> OpenLeaseAsync(OpenLeaseRequest request) => await _client.OpenLeaseAsync(request, cancellationToken: Cancellation);

    public async Task<Lease> UpdateLeaseAsync(UpdateLeaseRequest request) => await _client.UpdateLeaseAsync(request, cancellationToken: Cancellation);

    public async Task<Lease> CloseLeaseAsync(CloseLeaseRequest request) => await _client.CloseLeaseAsync(request, cancellationToken: Cancellation);

    public async Task<Lease> GetLeaseAsync(GetLeaseRequest request) => await _client.GetLeaseAsync(request, cancellationToken: Cancellation);

    public async Task<ListLeasesResponse> ListLeasesAsync(ListLeasesRequest request) => await _client.ListLeasesAsync(request, cancellationToken: Cancellation);

    public async Task<Lease> ReportExecutionAsync(ReportExecutionRequest request) => await _client.ReportExecutionAsync(request, cancellationToken: Cancellation);

    public AsyncServerStreamingCall<Lease> WatchLeases(ListLeasesRequest request) => _client.WatchLeases(request, headers: null, Deadline, Cancellation);

    public AsyncServerStreamingCall<Directive> WatchDirectives(WatchDirectivesRequest request) => _client.WatchDirectives(request, headers: null, Deadline, Cancellation);
}

/// <summary>OperationsService likewise.</summary>
internal sealed class OperatorCalls(ChannelBase channel)
{
    private readonly OperationsService.OperationsServiceClient _client = new(channel);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task<ListBreakersResponse> ListBreakersAsync(ListBreakersRequest request) => await _client.ListBreakersAsync(request, cancellationToken: Cancellation);

    public async Task<Lease> IsolateLeaseAsync(IsolateLeaseRequest request) => await _client.IsolateLeaseAsync(request, cancellationToken: Cancellation);

    public async Task<Lease> ReleaseLeaseAsync(ReleaseLeaseRequest request) => await _client.ReleaseLeaseAsync(request, cancellationToken: Cancellation);

    public async Task<Wire.Settlement> SetSettlementLimitsAsync(SetSettlementLimitsRequest request) =>
        await _client.SetSettlementLimitsAsync(request, cancellationToken: Cancellation);

    public async Task<Wire.Settlement> GetSettlementAsync() => await _client.GetSettlementAsync(new GetSettlementRequest(), cancellationToken: Cancellation);

    public async Task<LeaseHistory> ExplainLeaseAsync(GetLeaseRequest request) => await _client.ExplainLeaseAsync(request, cancellationToken: Cancellation);

    public async Task<RebuildReport> RebuildAsync(RebuildRequest request) => await _client.RebuildAsync(request, cancellationToken: Cancellation);

    public async Task<Prices> GetPricesAsync() => await _client.GetPricesAsync(new GetPricesRequest(), cancellationToken: Cancellation);

    public async Task<Prices> ReloadPricesAsync() => await _client.ReloadPricesAsync(new ReloadPricesRequest(), cancellationToken: Cancellation);

    public AsyncServerStreamingCall<RepriceProgress> RepriceLeases(RepriceLeasesRequest request) => _client.RepriceLeases(request, cancellationToken: Cancellation);

    public async Task<ReconcileReport> ReconcileAsync(ReconcileRequest request) => await _client.ReconcileAsync(request, cancellationToken: Cancellation);
}

/// <summary>AccountService likewise.</summary>
internal sealed class AccountCalls(ChannelBase channel)
{
    private readonly AccountService.AccountServiceClient _client = new(channel);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task<Wire.Account> GetAccountAsync(GetAccountRequest request) => await _client.GetAccountAsync(request, cancellationToken: Cancellation);

    public async Task<Statement> GetStatementAsync(GetStatementRequest request) => await _client.GetStatementAsync(request, cancellationToken: Cancellation);

    public async Task<PayeeStatement> GetPayeeStatementAsync(GetPayeeStatementRequest request) =>
        await _client.GetPayeeStatementAsync(request, cancellationToken: Cancellation);
}
