using Gateway.Server.Accounts.Preparing;
using Gateway.Server.Chains;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts;

/// <summary>What customers may ask, in the contract's words: behind gRPC and behind REST.</summary>
internal sealed class AccountDesk(
    AccountRequests requests, PayerViews views, TokenNatures natures, AuthorizationPreparer authorizations, TopUpPreparer topUps, ChainDirectory directory)
{
    public async Task<Wire.ListTokensResponse> ListTokensAsync(CancellationToken cancellationToken)
    {
        var answer = new Wire.ListTokensResponse();
        foreach (var token in directory.Tokens)
        {
            var nature = await natures.OfAsync(token, cancellationToken);
            answer.Tokens.Add(AccountMapping.ToWire(token, nature, directory.Operator, directory.Deployment.ChainId));
        }

        return answer;
    }

    public async Task<Wire.Account> GetAccountAsync(Wire.GetAccountRequest request, CancellationToken cancellationToken) =>
        AccountMapping.ToWire(await views.LookAsync(requests.Account(request.Token, request.Payer), cancellationToken));

    public async Task<Wire.PreparedTransactions> PrepareAuthorizationAsync(Wire.PrepareAuthorizationRequest request, CancellationToken cancellationToken) =>
        AccountMapping.ToWire(await authorizations.PrepareAsync(requests.Authorization(request), cancellationToken), directory.Deployment.ChainId);

    public async Task<Wire.PreparedTransactions> PrepareTopUpAsync(Wire.PrepareTopUpRequest request, CancellationToken cancellationToken) =>
        AccountMapping.ToWire(await topUps.PrepareAsync(requests.TopUp(request), cancellationToken), directory.Deployment.ChainId);
}
