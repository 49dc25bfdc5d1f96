using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Superfluid;

/// <summary>Logs that can change whether an account can pay, and for how long (superfluid.md §2.6). They are triggers: the truth is read from state.</summary>
/// <remarks>
/// An allowance that our operator uses up has a log of its own, AgreementUpdated with the id of (payer, operator), which does not name the payer. It always
/// stands beside the AgreementStateUpdated of that payer, since only a change of his flow uses it up; so his account is looked at without it.
/// </remarks>
public sealed class SolvencyEvents(SuperfluidContracts contracts, Address flowOperator)
{
    // Flows of the CFA and the GDA alike: one log for each side of a change.
    private static readonly Hash32 AgreementState = Interfaces.SuperToken.Event("AgreementStateUpdated").Topic;
    private static readonly Hash32 Transfer = Interfaces.SuperToken.Event("Transfer").Topic;
    private static readonly Hash32 Flow = Interfaces.Cfa.Event("FlowUpdated").Topic;
    private static readonly Hash32 Grant = Interfaces.Cfa.Event("FlowOperatorUpdated").Topic;
    private static readonly Hash32 Distribution = Interfaces.Gda.Event("InstantDistributionUpdated").Topic;
    private static readonly Hash32 FlowDistribution = Interfaces.Gda.Event("FlowDistributionUpdated").Topic;
    private static readonly Hash32 Connection = Interfaces.Gda.Event("PoolConnectionUpdated").Topic;

    /// <summary>Every change of governance's settings: periods, minimum deposits, reward addresses.</summary>
    private static readonly Hash32 Configuration = Interfaces.Governance.Event("ConfigChanged").Topic;
    private static readonly Hash32 Periods = Interfaces.Governance.Event("PPPConfigurationChanged").Topic;
    private static readonly Hash32 MinimumDeposit = Interfaces.Governance.Event("SuperTokenMinimumDepositChanged").Topic;
    private static readonly Hash32 Reward = Interfaces.Governance.Event("RewardAddressChanged").Topic;
    private static readonly Hash32 GovernanceReplaced = Interfaces.Host.Event("GovernanceReplaced").Topic;

    /// <summary>First topics of all that is looked at.</summary>
    public static ImmutableArray<Hash32> Topics { get; } =
    [
        AgreementState, Transfer, Flow, Grant, Distribution, FlowDistribution, Connection,
        Configuration, Periods, MinimumDeposit, Reward, GovernanceReplaced,
    ];

    /// <summary>Accounts that one log says to look at. Logs of other contracts are passed over, whatever they claim.</summary>
    public IEnumerable<AccountKey> AccountsOf(ChainLog log, IReadOnlyCollection<Address> superTokens)
    {
        switch (log.Topics)
        {
            case [var topic, var first, var second, ..] when superTokens.Contains(log.Address):
                if (topic == AgreementState)
                    return [new AccountKey(log.Address, AddressOf(second))];
                if (topic == Transfer)
                    return [new AccountKey(log.Address, AddressOf(first)), new AccountKey(log.Address, AddressOf(second))];
                break;
            case [var topic, var token, var first, var second] when log.Address == contracts.Cfa && superTokens.Contains(AddressOf(token)):
                if (topic == Flow)
                    return [new AccountKey(AddressOf(token), AddressOf(first)), new AccountKey(AddressOf(token), AddressOf(second))];
                if (topic == Grant && AddressOf(second) == flowOperator)
                    return [new AccountKey(AddressOf(token), AddressOf(first))];
                break;
            case [_, var token, _, var account] when log.Address == contracts.Gda && superTokens.Contains(AddressOf(token)):
                // Whoever distributes, and whoever connects.
                return [new AccountKey(AddressOf(token), AddressOf(account))];
        }

        return [];
    }

    /// <summary>The account that was connected to a pool by this log, or cut off from one; null where it tells of nothing of the kind.</summary>
    public AccountKey? MemberOf(ChainLog log) => log.Address == contracts.Gda && log.Topics is [var topic, var token, _, var account] && topic == Connection
        ? new AccountKey(AddressOf(token), AddressOf(account))
        : null;

    /// <summary>The token of which a pool may pay its members otherwise than before; null where the log tells of nothing of the kind.</summary>
    /// <remarks>
    /// Whatever changes a pool (a distribution, its rate, anybody's units) is written to the pool's own state of that agreement, and the log of that names
    /// the pool. It does not name the members, whose incomes change by it without a log of theirs.
    /// </remarks>
    public Address? PooledTokenOf(ChainLog log, IReadOnlyCollection<Address> superTokens) => log.Topics switch
    {
        [var topic, var agreement, ..] when topic == AgreementState && superTokens.Contains(log.Address) && AddressOf(agreement) == contracts.Gda => log.Address,
        [_, var token, ..] when log.Address == contracts.Gda && superTokens.Contains(AddressOf(token)) => AddressOf(token),
        _ => null,
    };

    /// <summary>The token for which governance changed what buffers and periods are computed from; the zero address: all of them; null: none.</summary>
    public static Address? ParametersOf(ChainLog log) => log.Topics switch
    {
        [var topic, ..] when topic == GovernanceReplaced => Address.Zero,
        [var topic, _, var token, ..] when topic == Configuration || topic == Periods || topic == MinimumDeposit || topic == Reward => AddressOf(token),
        _ => null,
    };

    private static Address AddressOf(Hash32 topic) => Address.FromBytes(topic.ToBytes().AsSpan(Hash32.Size - Address.Size));
}
