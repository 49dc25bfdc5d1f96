using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;

namespace Gateway.Server.Evaluation;

/// <summary>What settlement found, told to the accounts it concerns.</summary>
internal sealed class LaneFeedback(AccountSession session, AccountEvaluator evaluator, TimeProvider time) : ILaneFeedback
{
    public Task RefuseAsync(AccountKey account, SettlementRefusal refusal, CancellationToken cancellationToken) =>
        session.ChangeAsync(account, book => AccountMachine.Refuse(book, refusal, time.GetUtcNow()), cancellationToken);

    public Task EvaluateAsync(AccountKey account, CancellationToken cancellationToken) => evaluator.EvaluateAsync(account, at: null, cancellationToken);
}
