using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Storage;

namespace Gateway.Server.Settlement;

/// <summary>What settlement tells the accounts.</summary>
internal interface ILaneFeedback
{
    /// <summary>The chain would refuse what some leases of the account want. May be told twice.</summary>
    Task RefuseAsync(AccountKey account, SettlementRefusal refusal, CancellationToken cancellationToken);

    /// <summary>The account must look at the chain, at an executed block that is not older than any that it has taken over.</summary>
    Task EvaluateAsync(AccountKey account, CancellationToken cancellationToken);
}

/// <summary>The accounts as they are stored, and whoever decides for them.</summary>
internal sealed class LaneAccounts(FlowMarks marks, AccountStore accounts, ILaneFeedback feedback) : ILaneAccounts
{
    public Task<IReadOnlyList<FlowMark>> MarksAsync(CancellationToken cancellationToken) => marks.ReadAsync(cancellationToken);

    public Task ClearMarkAsync(FlowMark mark, CancellationToken cancellationToken) => marks.ClearAsync(mark.Flow, mark.Generation, cancellationToken);

    public Task<AccountBook> LoadAsync(AccountKey account, CancellationToken cancellationToken) => accounts.LoadAsync(account, cancellationToken);

    public Task RefuseAsync(AccountKey account, SettlementRefusal refusal, CancellationToken cancellationToken) =>
        feedback.RefuseAsync(account, refusal, cancellationToken);

    public Task EvaluateAsync(AccountKey account, CancellationToken cancellationToken) => feedback.EvaluateAsync(account, cancellationToken);
}
