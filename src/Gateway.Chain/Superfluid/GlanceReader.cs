using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Transport;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Superfluid;

/// <summary>Glances at many accounts at one executed block, in one call where the node takes state overrides, else in one batch.</summary>
public sealed class GlanceReader(SuperfluidContracts contracts, Address flowOperator, IEthRpc rpc)
{
    /// <summary>Accounts of one call. A node that allows a call less gas than they take is asked by a batch.</summary>
    public const int MaxAccounts = 64;

    private readonly AgreementViews _agreements = new(contracts);

    /// <param name="accounts">At most <see cref="MaxAccounts"/>.</param>
    /// <param name="at">The decision clock: not before the block's time.</param>
    /// <returns>In the order of the accounts; null where one of an account's views has no answer, which says nothing about it.</returns>
    /// <exception cref="ChainException">None of them can be read: unknown for now.</exception>
    public async Task<ImmutableArray<AccountGlance?>> ReadAsync(
        IReadOnlyList<AccountKey> accounts, BlockRef block, BlockTime at, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(accounts.Count, MaxAccounts, nameof(accounts));
        if (accounts.Count == 0)
            return [];
        var views = accounts.Select(a => new AccountViews(_agreements, a, at, flowOperator)).ToList();
        var answers = await ManyViews.AskAsync(rpc, [.. views.SelectMany(v => v.Requests)], block.Number, cancellationToken);
        return [.. views.Select((v, i) => v.Read(answers.AsSpan(i * AccountViews.Count, AccountViews.Count), block.Number))];
    }
}
