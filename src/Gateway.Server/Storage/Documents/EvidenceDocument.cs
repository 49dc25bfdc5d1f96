using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Server.Storage.Documents;

/// <summary>Stored inside of directives and notes.</summary>
internal sealed record EvidenceDocument(ulong? Block, DateTimeOffset? BlockTime, string? Transaction, string Detail, string? BufferLost = null)
{
    public static EvidenceDocument? From(Evidence? evidence) => evidence is null
        ? null
        : new EvidenceDocument(evidence.Block?.Value, evidence.BlockTime, evidence.TransactionHash?.ToString(), evidence.Detail, evidence.BufferLost?.ToDecimal());

    public Evidence ToDomain() => new(
        Block is { } block ? new BlockNumber(block) : null,
        BlockTime,
        Transaction is null ? null : Hash32.Parse(Transaction),
        Detail)
    {
        BufferLost = BufferLost is null ? null : TokenAmount.Parse(BufferLost),
    };
}
