using Gateway.Domain.Identity;

namespace Gateway.Server.Accounts.Statements;

/// <summary>What a statement would be made of was dropped; closed periods of that time are answered by their very borders, or by name.</summary>
/// <param name="since">End of a closed period.</param>
internal sealed class DetailsNotKeptException(AccountKey account, BlockTime since) : Exception(
    $"Details of account {account} are kept since {since.ToDateTimeOffset():u}. Ask for a period that begins then or later, or for exactly one that was closed.")
{
    public BlockTime Since { get; } = since;
}
