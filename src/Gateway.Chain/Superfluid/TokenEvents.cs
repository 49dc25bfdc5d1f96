using Gateway.Chain.Abi;
using Gateway.Chain.Rpc;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Superfluid;

/// <summary>What a super token tells of its own moves.</summary>
public static class TokenEvents
{
    private static readonly AbiEvent Transfer = Interfaces.SuperToken.Event("Transfer");

    public static readonly Hash32 TransferTopic = Transfer.Topic;

    /// <summary>How much one Transfer moved.</summary>
    /// <exception cref="AbiException">The log is another event's, or of another form.</exception>
    public static TokenAmount ReadTransfer(ChainLog log) => Transfer.TryDecode(log.Topics, log.Data.AsSpan(), out var values)
        ? Decoded.Amount(values[2])
        : throw new AbiException("Transfer has another form than the token's interface says.");
}
