using Gateway.Domain.Identity;

namespace Gateway.Server.Settlement;

/// <summary>When a nonce without a receipt of ours counts as consumed: two endpoints say so, or the only one that answers says so at two different blocks.</summary>
/// <remarks>One node may be on another fork, or lie. Taking a nonce for consumed too early would give its flows to a second transaction.</remarks>
internal sealed class ConsumptionWitness
{
    private Nonce _nonce;
    private BlockNumber? _firstSeenAt;

    /// <param name="counts">Of each endpoint that answers, at its own head.</param>
    /// <param name="head">The newest executed block.</param>
    public bool IsConsumed(Nonce nonce, IReadOnlyCollection<Nonce> counts, BlockNumber head)
    {
        if (nonce != _nonce)
            (_nonce, _firstSeenAt) = (nonce, null);

        var witnesses = counts.Count(c => c.Value > nonce.Value);
        if (witnesses >= 2)
            return true;
        // Somebody contradicts, or nobody says so.
        if (witnesses == 0 || counts.Count > 1)
        {
            _firstSeenAt = null;
            return false;
        }

        _firstSeenAt ??= head;
        return head > _firstSeenAt;
    }
}
