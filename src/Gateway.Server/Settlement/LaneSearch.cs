using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;

namespace Gateway.Server.Settlement;

/// <summary>Searches the chain for what the operator sent before Redis lost it (chain-and-transactions.md §2.9).</summary>
internal sealed partial class LaneSearch(LanePorts ports, LaneMemory memory, DayCosts costs, ILogger<LaneSearch> logger)
{
    /// <summary>How far back.</summary>
    public const ulong Blocks = 256;

    /// <summary>What is read again where an endpoint fails.</summary>
    private const ulong AtOnce = 32;

    private readonly List<PastTransaction> _sent = [];
    private DateTimeOffset? _loss;
    private BlockNumber _next;

    /// <summary>What the operator sent lately, what pools may still hold of it, and what the day has cost.</summary>
    /// <returns>As <see cref="DayCosts.KnowAsync"/> does.</returns>
    /// <exception cref="ChainException">The chain has no answer: what was read of it is kept for the next time.</exception>
    public async Task<long> RunAsync(LaneRound round, DateTimeOffset loss, IReadOnlyList<OpenSlot> open, CancellationToken cancellationToken)
    {
        var head = round.Head.Block.Number;
        if (_loss != loss)
        {
            _sent.Clear();
            (_loss, _next) = (loss, new BlockNumber(head.Value >= Blocks ? head.Value - Blocks + 1 : 0));
        }

        while (_next <= head)
        {
            var end = new BlockNumber(Math.Min(head.Value, _next.Value + AtOnce - 1));
            _sent.AddRange(await ports.Chain.OwnTransactionsAsync(_next, end, cancellationToken));
            _next = end.Plus(1);
        }

        await TellAsync(cancellationToken);
        await CompareAsync(round, cancellationToken);
        return await costs.KnowAsync(round, loss, open, assumed: null, cancellationToken);
    }

    /// <summary>Reads on what the day has cost, where that is not known yet.</summary>
    /// <returns>As <see cref="DayCosts.KnowAsync"/> does.</returns>
    public Task<long> GoOnAsync(LaneRound round, DateTimeOffset loss, IReadOnlyList<OpenSlot> open, long assumed, CancellationToken cancellationToken) =>
        costs.KnowAsync(round, loss, open, assumed, cancellationToken);

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        foreach (var transaction in _sent)
        {
            if (await ports.Chain.ReceiptAsync(transaction.Hash, cancellationToken) is { } receipt)
                LogFound(transaction.Nonce, transaction.Hash, receipt.Block.Number, receipt.Succeeded);
        }
    }

    private async Task CompareAsync(LaneRound round, CancellationToken cancellationToken)
    {
        var counts = await ports.Chain.ConsumedPerEndpointAsync(cancellationToken);
        var pending = (await ports.Chain.PendingAsync(cancellationToken)).Highest;
        var consumed = round.Head.Consumed;
        LogCounts(consumed, string.Join(", ", counts.Select(c => c.Value)), pending);
        // The pools' answer proves nothing where it is low: some show only what they could execute. The bid costs nothing where nobody is outbid.
        if (pending.Value > consumed.Value)
            memory.UnknownBid = HighestOf(round);
    }

    /// <summary>The highest that bytes of this lane may offer: as much as any it was seen to send, or what it would offer today.</summary>
    private FeeOffer HighestOf(LaneRound round)
    {
        var today = round.Fees.Offer(round.Head.BaseFee, round.Fees.Ceilings.StopLoss) ?? new FeeOffer(round.Fees.Ceilings.StopLoss, round.Fees.Tip);
        return _sent.Aggregate(today, (highest, t) => new FeeOffer(
            Wei.Larger(highest.MaxFeePerGas, t.Fee.MaxFeePerGas), Wei.Larger(highest.MaxPriorityFeePerGas, t.Fee.MaxPriorityFeePerGas)));
    }

    [LoggerMessage(EventId = 7191, Level = LogLevel.Warning, Message = "Found on chain: nonce {Nonce} was {Hash} in block {Block}, succeeded: {Succeeded}.")]
    private partial void LogFound(Nonce nonce, Hash32 hash, BlockNumber block, bool succeeded);

    [LoggerMessage(EventId = 7192, Level = LogLevel.Warning, Message = "Consumed are {Consumed} nonces, by endpoint {Counts}; with what pools hold {Pending}.")]
    private partial void LogCounts(Nonce consumed, string counts, Nonce pending);
}
