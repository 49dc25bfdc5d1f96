using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Gateway.Server.Accounts;

namespace Gateway.Server.Web.Rest;

/// <summary>An account as server-sent events.</summary>
internal sealed class AccountEvents(AccountRequests requests, AccountWatch watch)
{
    /// <summary>Silence is told apart from a dead connection by this, and proxies cut what is silent for a minute.</summary>
    private static readonly TimeSpan Pulse = TimeSpan.FromSeconds(15);

    /// <summary>Looks before it answers, so that what is wrong at the start is a problem document and not a broken stream.</summary>
    public async Task<IResult> StartAsync(string token, string payer, CancellationToken cancellationToken)
    {
        var views = watch.WatchAsync(requests.Account(token, payer), Pulse, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            await views.MoveNextAsync();
        }
        catch
        {
            await views.DisposeAsync();
            throw;
        }

        return TypedResults.ServerSentEvents(RestAsync(views, cancellationToken));
    }

    private static async IAsyncEnumerable<SseItem<AccountDto>> RestAsync(
        IAsyncEnumerator<PayerView> views, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using (views)
        {
            do
                yield return new SseItem<AccountDto>(AccountMapping.ToWire(views.Current).ToDto(), "account");
            while (!cancellationToken.IsCancellationRequested && await views.MoveNextAsync());
        }
    }
}
