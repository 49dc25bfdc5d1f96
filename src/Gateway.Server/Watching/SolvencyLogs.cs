using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;

namespace Gateway.Server.Watching;

/// <summary>Which logs are asked for, and whom they say to look at: the same for whoever follows the chain and for whoever checks him.</summary>
internal sealed class SolvencyLogs(ChainDirectory directory)
{
    private readonly SolvencyEvents _events = new(directory.Deployment.Contracts, directory.Operator);

    public LogFilter OfRange(BlockNumber from, BlockNumber to) => LogFilter.OfRange(
        from, to, [.. Tokens, directory.Deployment.Contracts.Cfa, directory.Deployment.Contracts.Host, .. Governance], [.. SolvencyEvents.Topics]);

    /// <summary>Each account with the newest block that touched it.</summary>
    public ImmutableDictionary<AccountKey, BlockNumber> Touched(IEnumerable<ChainLog> logs)
    {
        var tokens = Tokens;
        var touched = ImmutableDictionary.CreateBuilder<AccountKey, BlockNumber>();
        foreach (var log in logs)
        {
            foreach (var account in _events.AccountsOf(log, tokens))
                touched[account] = touched.TryGetValue(account, out var before) && before > log.Block ? before : log.Block;
        }

        return touched.ToImmutable();
    }

    private ImmutableHashSet<Address> Tokens => [.. directory.Deployment.Tokens.Select(t => t.Address)];

    private ImmutableArray<Address> Governance => directory.Governance is { } governance ? [governance] : [];
}
