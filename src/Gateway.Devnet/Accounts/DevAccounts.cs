using System.Collections.Immutable;

namespace Gateway.Devnet.Accounts;

/// <summary>Everybody on the devnet.</summary>
/// <param name="Governor">Owns Superfluid's governance, and hands out tokens.</param>
/// <param name="Operator">The gateway's key.</param>
/// <param name="Payees">Node operators.</param>
internal sealed record DevAccounts(
    DevAccount Governor, DevAccount Operator, ImmutableArray<DevAccount> Payers, ImmutableArray<DevAccount> Payees, DevAccount Community)
{
    private const int PayeeCount = 3;

    public static DevAccounts Create(int payers) => new(
        DevAccount.Of("governor"),
        DevAccount.Of("operator"),
        [.. Enumerable.Range(0, payers).Select(n => DevAccount.Of("payer", n))],
        [.. Enumerable.Range(0, PayeeCount).Select(n => DevAccount.Of("payee", n))],
        DevAccount.Of("community"));
}
