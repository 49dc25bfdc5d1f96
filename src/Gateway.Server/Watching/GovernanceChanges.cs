using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Storage;

namespace Gateway.Server.Watching;

/// <summary>What follows when governance changes what buffers and periods are computed from: it is read again, and every account of that token is looked at in full.</summary>
/// <remarks>
/// No account's own figures change by it, so a glance would not see it. Nothing is due the sooner: a change of governance touches a flow at its next change
/// only (superfluid.md §4.3), so each account's ordinary audit is soon enough, and they do not all come at once.
/// </remarks>
internal sealed class GovernanceChanges(ChainGate gate, AccountDeadlines deadlines)
{
    /// <param name="tokens">The zero address: all of them.</param>
    /// <exception cref="ChainException">It cannot be read: the cursor must stay.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer: likewise.</exception>
    public async Task TakeOverAsync(IReadOnlyCollection<Address> tokens, CancellationToken cancellationToken)
    {
        if (tokens.Count == 0)
            return;
        await gate.ReadAgainAsync(cancellationToken);
        await deadlines.ForgetGlancesAsync(account => tokens.Contains(Address.Zero) || tokens.Contains(account.SuperToken), cancellationToken);
    }
}
