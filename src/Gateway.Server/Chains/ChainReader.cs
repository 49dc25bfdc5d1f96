using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;

namespace Gateway.Server.Chains;

/// <summary>Reads accounts at executed blocks. What cannot be read throws a ChainException: it is unknown, never zero.</summary>
internal sealed class ChainReader(IEthRpc rpc, ChainDirectory directory, TimeProvider time)
{
    private readonly AccountReader _accounts = new(directory.Deployment.Contracts, directory.Operator, rpc);
    private readonly GlanceReader _glances = new(directory.Deployment.Contracts, directory.Operator, rpc);

    /// <summary>The newest executed block.</summary>
    public Task<BlockHeader> HeadAsync(CancellationToken cancellationToken) => rpc.GetLatestBlockAsync(cancellationToken);

    /// <summary>One account at one executed block, its balance as of now: balances run on where no block is built.</summary>
    public Task<AccountObservation> LookAsync(AccountKey account, IEnumerable<Address> payees, BlockRef block, CancellationToken cancellationToken) =>
        _accounts.ReadAsync(
            account, payees, block, block.Time.AtOrAfter(time.GetUtcNow()), directory.ParametersOf(account.SuperToken), cancellationToken);

    /// <summary>Many accounts at one executed block, as far as it takes to see whether anything about them has changed; null where one cannot be read.</summary>
    /// <param name="accounts">At most <see cref="GlanceReader.MaxAccounts"/>.</param>
    public Task<ImmutableArray<AccountGlance?>> GlanceAsync(IReadOnlyList<AccountKey> accounts, BlockRef block, CancellationToken cancellationToken) =>
        _glances.ReadAsync(accounts, block, block.Time.AtOrAfter(time.GetUtcNow()), cancellationToken);

    /// <summary>One account without its single flows, its balance as of the block's own time: as anybody else reads it at that block.</summary>
    public Task<AccountObservation> LookAsync(AccountKey account, BlockRef block, CancellationToken cancellationToken) =>
        _accounts.ReadAsync(account, [], block, block.Time, directory.ParametersOf(account.SuperToken), cancellationToken);
}
