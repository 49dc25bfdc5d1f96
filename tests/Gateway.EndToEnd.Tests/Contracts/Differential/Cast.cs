using System.Collections.Immutable;
using Gateway.Devnet.Accounts;

namespace Gateway.EndToEnd.Tests.Contracts.Differential;

/// <summary>Who takes part in a sequence.</summary>
/// <param name="Subject">The account that is foretold.</param>
/// <param name="Friend">Streams to the subject and sends him tokens.</param>
/// <param name="Stranger">Nobody's operator.</param>
internal sealed record Cast(
    DevAccount Subject, DevAccount Friend, DevAccount Stranger, DevAccount Operator, DevAccount Governor, ImmutableArray<DevAccount> Payees)
{
    public IEnumerable<DevAccount> All => [Subject, Friend, Stranger, Operator, Governor, .. Payees];
}
