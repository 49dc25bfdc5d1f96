using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Server.Configuration;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Payees;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Leases;

/// <summary>Whether money may flow to a payee: to those of the payee directory, where there is one, and not to SuperApps (superfluid.md §6).</summary>
/// <remarks>Callbacks of a SuperApp can refuse a flow or cost any amount of gas. Whom our own configuration names need not be in the directory.</remarks>
internal sealed class PayeeCheck(HostViews host, IEthRpc rpc, PayeeDirectories directories, IOptions<PolicyOptions> policy)
{
    /// <summary>The first payee to whom it may not; null where it may to all.</summary>
    /// <param name="isPaid">The chain pays this very lease already: the directory says only who may be paid from now on.</param>
    /// <exception cref="PayeeDirectoryUnreadException">It is not known yet.</exception>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked.</exception>
    public async Task<PayeeRejectedException?> FindRejectedAsync(LeaseTerms terms, bool isPaid, BlockNumber at, CancellationToken cancellationToken) =>
        (isPaid ? null : FindUnlisted(terms)) ?? await FindAppAsync(terms, at, cancellationToken);

    private PayeeRejectedException? FindUnlisted(LeaseTerms terms)
    {
        for (var i = 0; i < terms.Payees.Length; i++)
        {
            if (terms.FieldOf(i) is { } field && directories.WhyNot(terms.Payees[i]) is { } why)
                return new PayeeRejectedException(terms.Payees[i].Address, field, why);
        }

        return null;
    }

    private async Task<PayeeRejectedException?> FindAppAsync(LeaseTerms terms, BlockNumber at, CancellationToken cancellationToken)
    {
        if (policy.Value.AllowSuperAppPayees)
            return null;
        var views = terms.Payees.Select(p => host.IsApp(p.Address)).ToList();
        var answers = await rpc.CallBatchAsync([.. views.Select(v => v.Request)], at, cancellationToken);
        var first = views.Zip(answers, (view, answer) => view.Read(answer)).ToList().IndexOf(true);
        return first < 0
            ? null
            : new PayeeRejectedException(terms.Payees[first].Address, terms.FieldOf(first), "is a SuperApp: its callbacks could refuse the flow, or be jailed with it.");
    }
}
