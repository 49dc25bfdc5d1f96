using Gateway.Server.Accounts.Statements;
using Grpc.Core;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts;

/// <summary>The account service over gRPC.</summary>
internal sealed class AccountEndpoint(AccountDesk desk, AccountWatch watch, AccountRequests requests, StatementAnswers statements) : Wire.AccountService.AccountServiceBase
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
        statements.Payers.GetAsync(request, context.CancellationToken);

    public override Task<Wire.PayeeStatement> GetPayeeStatement(Wire.GetPayeeStatementRequest request, ServerCallContext context) =>
        statements.Payees.GetAsync(request, context.CancellationToken);

    public override async Task VerifyStatement(Wire.GetStatementRequest request, IServerStreamWriter<Wire.VerifiedLine> responseStream, ServerCallContext context)
    {
        await foreach (var line in statements.Verifier.RunAsync(request, context.CancellationToken))
            await responseStream.WriteAsync(line, context.CancellationToken);
    }

    public override async Task ExportStatements(Wire.ExportStatementsRequest request, IServerStreamWriter<Wire.ExportedStatement> responseStream, ServerCallContext context)
    {
        await foreach (var statement in statements.Export.RunAsync(request, context.CancellationToken))
            await responseStream.WriteAsync(statement, context.CancellationToken);
    }
}
