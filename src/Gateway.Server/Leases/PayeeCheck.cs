using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Configuration;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Leases;

/// <summary>Whether money may flow to a payee (superfluid.md §6): not to SuperApps, whose callbacks can refuse a flow or cost any amount of gas.</summary>
internal sealed class PayeeCheck(HostViews host, IEthRpc rpc, IOptions<PolicyOptions> policy)
{
    /// <summary>The first payee to whom it may not; null where it may to all.</summary>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked.</exception>
    public async Task<Address?> FindRejectedAsync(IReadOnlyList<Payee> payees, BlockNumber at, CancellationToken cancellationToken)
    {
        if (policy.Value.AllowSuperAppPayees)
            return null;
        var views = payees.Select(p => host.IsApp(p.Address)).ToList();
        var answers = await rpc.CallBatchAsync([.. views.Select(v => v.Request)], at, cancellationToken);
        return payees.Zip(views.Zip(answers, (view, answer) => view.Read(answer))).FirstOrDefault(p => p.Second).First?.Address;
    }
}
