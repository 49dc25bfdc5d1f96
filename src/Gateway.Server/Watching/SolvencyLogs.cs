using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;

namespace Gateway.Server.Watching;

/// <summary>Whom some logs say to look at, each with the newest block that says so.</summary>
/// <param name="Accounts">Named by a log.</param>
/// <param name="Members">Of those: who was connected to a pool, or cut off from one.</param>
/// <param name="PooledTokens">Tokens of which a pool may pay its members otherwise than before.</param>
/// <param name="Parameters">Tokens for which governance changed something; the zero address: all.</param>
internal sealed record Touched(
    ImmutableDictionary<AccountKey, BlockNumber> Accounts,
    ImmutableHashSet<AccountKey> Members,
    ImmutableDictionary<Address, BlockNumber> PooledTokens,
    ImmutableHashSet<Address> Parameters);

/// <summary>Which logs are asked for, and whom they say to look at: the same for whoever follows the chain and for whoever checks him.</summary>
internal sealed class SolvencyLogs(ChainDirectory directory)
{
    private readonly SuperfluidContracts _contracts = directory.Deployment.Contracts;
    private readonly SolvencyEvents _events = new(directory.Deployment.Contracts, directory.Operator);

    public LogFilter OfBlock(BlockRef block) => LogFilter.OfBlock(block, Emitters, [.. SolvencyEvents.Topics]);

    public LogFilter OfRange(BlockNumber from, BlockNumber to) => LogFilter.OfRange(from, to, Emitters, [.. SolvencyEvents.Topics]);

    public Touched Read(IReadOnlyCollection<ChainLog> logs)
    {
        var tokens = Tokens;
        return new Touched(
            Newest(logs.SelectMany(log => _events.AccountsOf(log, tokens).Select(account => (account, log.Block)))),
            [.. logs.Select(_events.MemberOf).OfType<AccountKey>()],
            Newest(logs.Select(log => (Token: _events.PooledTokenOf(log, tokens), log.Block)).Where(p => p.Token is not null).Select(p => (p.Token!, p.Block))),
            [.. logs.Where(log => log.Address == _contracts.Host || log.Address == directory.Governance).Select(SolvencyEvents.ParametersOf).OfType<Address>()]);
    }

    private static ImmutableDictionary<T, BlockNumber> Newest<T>(IEnumerable<(T Who, BlockNumber Block)> touched)
        where T : notnull => touched.GroupBy(t => t.Who).ToImmutableDictionary(t => t.Key, t => t.Max(x => x.Block));

    private ImmutableHashSet<Address> Tokens => [.. directory.Deployment.Tokens.Select(t => t.Address)];

    private ImmutableArray<Address> Emitters => [.. Tokens, _contracts.Cfa, _contracts.Gda, _contracts.Host, .. Governance];

    private ImmutableArray<Address> Governance => directory.Governance is { } governance ? [governance] : [];
}
