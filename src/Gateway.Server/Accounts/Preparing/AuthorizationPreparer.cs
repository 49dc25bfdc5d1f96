using System.Numerics;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;

namespace Gateway.Server.Accounts.Preparing;

/// <summary>Prepares the grant or the revocation of the operator's permissions for the payer's wallet.</summary>
internal sealed class AuthorizationPreparer(PayerViews views, GrantCalls grants, CallSimulator simulator, ChainDirectory directory)
{
    /// <exception cref="WouldFailException">The contracts would refuse it.</exception>
    /// <exception cref="ChainException">The chain cannot be asked.</exception>
    public async Task<Prepared> PrepareAsync(AuthorizationWish wish, CancellationToken cancellationToken)
    {
        var view = await views.LookAsync(wish.Target, cancellationToken);
        return await PrepareAsync(view, wish.Grant, cancellationToken) is { } transaction
            ? new Prepared([transaction], view with { Seen = view.Seen with { Grant = wish.Grant } })
            : new Prepared([], view);
    }

    /// <summary>Null where nothing is needed.</summary>
    public async Task<PreparedTransaction?> PrepareAsync(PayerView view, OperatorGrant wanted, CancellationToken cancellationToken)
    {
        if (!IsNeeded(view, wanted))
            return null;
        var (payer, at) = (view.Target.Key.Payer, view.Seen.Block.Number);
        var call = grants.ByForwarder(view.Target, wanted);
        if (!await IsTakenByForwarderAsync(payer, call, at, cancellationToken))
            call = grants.ByHost(view.Target, wanted);
        return await simulator.PrepareAsync(payer, call, at, cancellationToken);
    }

    /// <summary>Who pays from the operator's own account needs no permission, and the contracts let nobody permit himself.</summary>
    public bool IsNeeded(PayerView view, OperatorGrant wanted) => view.Target.Key.Payer != directory.Operator && view.Seen.Grant != wanted;

    // Its functions answer true. A host that does not trust it makes it revert; where no contract is, the answer is empty.
    private async Task<bool> IsTakenByForwarderAsync(Address payer, PlannedCall call, BlockNumber at, CancellationToken cancellationToken)
    {
        try
        {
            return new BigInteger(await simulator.CallAsync(payer, call, at, cancellationToken), isUnsigned: true, isBigEndian: true).IsOne;
        }
        catch (ExecutionRevertedException)
        {
            return false;
        }
    }
}
