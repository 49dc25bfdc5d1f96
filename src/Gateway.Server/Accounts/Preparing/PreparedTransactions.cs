using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Server.Accounts.Preparing;

/// <summary>A transaction for somebody's wallet, complete but for nonce, fees and signature.</summary>
/// <param name="From">Who must sign; null: anybody who has the tokens.</param>
/// <param name="Description">For the one who signs.</param>
internal sealed record PreparedTransaction(Address? From, Address To, byte[] Data, Wei Value, ulong GasLimit, string Description);

/// <param name="Transactions">In order; empty: nothing is needed.</param>
/// <param name="Expected">The account once they are in, but for the time that passes until then.</param>
internal sealed record Prepared(IReadOnlyList<PreparedTransaction> Transactions, PayerView Expected);

/// <summary>A transaction of which the gas is not known yet.</summary>
internal sealed record PlannedCall(Address To, byte[] Data, string Description, Wei Value = default)
{
    public PreparedTransaction With(Address? from, ulong gasLimit) => new(from, To, Data, Value, gasLimit, Description);
}
