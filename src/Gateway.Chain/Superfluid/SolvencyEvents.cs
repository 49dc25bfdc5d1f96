using System.Collections.Immutable;
using Gateway.Chain.Rpc;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Superfluid;

/// <summary>Logs that can change whether an account can pay, and for how long (superfluid.md §2.6). They are triggers: the truth is read from state.</summary>
public sealed class SolvencyEvents(SuperfluidContracts contracts, Address flowOperator)
{
    // Flows of the CFA and the GDA alike: one log for each side of a change.
    private static readonly Hash32 AgreementState = Interfaces.SuperToken.Event("AgreementStateUpdated").Topic;
    private static readonly Hash32 Transfer = Interfaces.SuperToken.Event("Transfer").Topic;
    private static readonly Hash32 Grant = Interfaces.Cfa.Event("FlowOperatorUpdated").Topic;
    private static readonly Hash32 Periods = Interfaces.Governance.Event("PPPConfigurationChanged").Topic;
    private static readonly Hash32 MinimumDeposit = Interfaces.Governance.Event("SuperTokenMinimumDepositChanged").Topic;
    private static readonly Hash32 GovernanceReplaced = Interfaces.Host.Event("GovernanceReplaced").Topic;

    /// <summary>First topics of all that is looked at.</summary>
    public static ImmutableArray<Hash32> Topics { get; } = [AgreementState, Transfer, Grant, Periods, MinimumDeposit, GovernanceReplaced];

    /// <summary>Accounts that these logs say to look at. Logs of other contracts are passed over, whatever they claim.</summary>
    public IEnumerable<AccountKey> AccountsOf(IEnumerable<ChainLog> logs, IReadOnlyCollection<Address> superTokens) =>
        logs.SelectMany(log => AccountsOf(log, superTokens)).Distinct();

    /// <summary>True where governance changed what buffers and periods are computed from.</summary>
    public static bool ChangesParameters(ChainLog log) => log.Topics is [var topic, ..] && (topic == Periods || topic == MinimumDeposit || topic == GovernanceReplaced);

    /// <summary>Accounts that one log says to look at.</summary>
    public IEnumerable<AccountKey> AccountsOf(ChainLog log, IReadOnlyCollection<Address> superTokens)
    {
        if (log.Topics is [var topic, var first, var second, ..])
        {
            if (topic == AgreementState && superTokens.Contains(log.Address))
                return [new AccountKey(log.Address, AddressOf(second))];
            if (topic == Transfer && superTokens.Contains(log.Address))
                return [new AccountKey(log.Address, AddressOf(first)), new AccountKey(log.Address, AddressOf(second))];
            if (topic == Grant && log.Address == contracts.Cfa && log.Topics is [_, _, _, var grantee] && AddressOf(grantee) == flowOperator)
                return [new AccountKey(AddressOf(first), AddressOf(second))];
        }

        return [];
    }

    private static Address AddressOf(Hash32 topic) => Address.FromBytes(topic.ToBytes().AsSpan(Hash32.Size - Address.Size));
}
