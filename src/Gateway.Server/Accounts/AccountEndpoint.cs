using Gateway.Server.Accounts.Statements;
using Gateway.Server.Accounts.Verifying;
using Grpc.Core;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts;

/// <summary>The account service over gRPC.</summary>
internal sealed class AccountEndpoint(
    AccountDesk desk, AccountWatch watch, AccountRequests requests, StatementDesk statements, PayeeStatementDesk payeeStatements, StatementVerifier verifier) : Wire.AccountService.AccountServiceBase
{
    public override Task<Wire.ListTokensResponse> ListTokens(Wire.ListTokensRequest request, ServerCallContext context) =>
        desk.ListTokensAsync(context.CancellationToken);

    public override Task<Wire.Account> GetAccount(Wire.GetAccountRequest request, ServerCallContext context) =>
        desk.GetAccountAsync(request, context.CancellationToken);

    public override async Task WatchAccount(Wire.GetAccountRequest request, IServerStreamWriter<Wire.Account> responseStream, ServerCallContext context)
    {
        var target = requests.Account(request.Token, request.Payer);
        await foreach (var view in watch.WatchAsync(target, atLeastEvery: null, context.CancellationToken))
            await responseStream.WriteAsync(AccountMapping.ToWire(view), context.CancellationToken);
    }

    public override Task<Wire.PreparedTransactions> PrepareAuthorization(Wire.PrepareAuthorizationRequest request, ServerCallContext context) =>
        desk.PrepareAuthorizationAsync(request, context.CancellationToken);

    public override Task<Wire.PreparedTransactions> PrepareTopUp(Wire.PrepareTopUpRequest request, ServerCallContext context) =>
        desk.PrepareTopUpAsync(request, context.CancellationToken);

    public override Task<Wire.Statement> GetStatement(Wire.GetStatementRequest request, ServerCallContext context) =>
        statements.GetAsync(request, context.CancellationToken);

    public override Task<Wire.PayeeStatement> GetPayeeStatement(Wire.GetPayeeStatementRequest request, ServerCallContext context) =>
        payeeStatements.GetAsync(request, context.CancellationToken);

    public override async Task VerifyStatement(Wire.GetStatementRequest request, IServerStreamWriter<Wire.VerifiedLine> responseStream, ServerCallContext context)
    {
        await foreach (var line in verifier.RunAsync(request, context.CancellationToken))
            await responseStream.WriteAsync(line, context.CancellationToken);
    }
}
