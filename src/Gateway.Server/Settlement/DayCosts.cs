using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Server.Settlement;

/// <summary>What the operator has paid since midnight UTC, read from the chain where Redis has lost it. What is not read yet is assumed to have cost all that was left.</summary>
/// <remarks>
/// An assumption holds back only what can wait: urgent work is held to what is known, as on any other day. The newest blocks are read first, some at each
/// step. Blocks in which the operator's count does not rise are skipped where a node still has the state to say so.
/// </remarks>
internal sealed partial class DayCosts(LanePorts ports, ILogger<DayCosts> logger)
{
    /// <summary>What is read again where an endpoint fails.</summary>
    private const ulong AtOnce = 32;

    /// <summary>Readings of blocks in one step: as many as the search for forgotten transactions makes.</summary>
    private const int MostReadings = 8;

    /// <summary>No question is begun after it: transactions that are under way wait for the step.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);

    /// <summary>A chain without an answer must not hold up every step.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);

    private readonly Stack<Span> _left = [];

    private (DateTimeOffset Loss, DateOnly Day)? _of;
    private ((DateTimeOffset Loss, DateOnly Day) Of, DayStart Start)? _search;
    private DateTimeOffset _notBefore;
    private BlockNumber _next;

    /// <summary>The operator's count before <see cref="_next"/>.</summary>
    private Nonce? _before;
    private Wei _paid;

    /// <summary>Reads on, and writes down what is known by then.</summary>
    /// <param name="open">What may cost something yet.</param>
    /// <param name="assumed">In nAVAX, as it was written down for this day; null: nothing was.</param>
    /// <returns>What is assumed beyond what is known, in nAVAX; 0: all of it is known.</returns>
    /// <exception cref="LaneDeposedException">Somebody else leads.</exception>
    public async Task<long> KnowAsync(LaneRound round, DateTimeOffset loss, IReadOnlyList<OpenSlot> open, long? assumed, CancellationToken cancellationToken)
    {
        var now = ports.Now;
        if (assumed is { } waiting && now < _notBefore)
            return waiting;
        var isWhole = await TryReadOnAsync(round, loss, now, cancellationToken);
        var known = (_paid + AtStake(open)).ToNanoCeiling();
        if (isWhole)
        {
            await WriteAsync(round, loss, now, known, assumed: 0, cancellationToken);
            LogKnown(known);
            return 0;
        }

        if (assumed is { } before)
            return before;
        // Never none: that would say that it is known.
        var rest = Math.Max(1, round.Options.DailyBudgetNavax - known);
        await WriteAsync(round, loss, now, known, rest, cancellationToken);
        LogAssumed(known, rest);
        return rest;
    }

    private async Task WriteAsync(LaneRound round, DateTimeOffset loss, DateTimeOffset now, long known, long assumed, CancellationToken cancellationToken)
    {
        if (!await ports.Lane.ReseedBudgetAsync(round.Token, loss, now, known, assumed, cancellationToken))
            throw new LaneDeposedException("what the day has cost");
    }

    /// <summary>One that is executed by now is among what was paid, though it is not closed yet.</summary>
    private Wei AtStake(IReadOnlyList<OpenSlot> open) =>
        open.Where(s => !(s.Nonce.Value < _before?.Value)).Aggregate(Wei.Zero, (sum, slot) => sum + slot.WorstCase);

    private async Task<bool> TryReadOnAsync(LaneRound round, DateTimeOffset loss, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            var since = ports.Time.GetTimestamp();
            bool IsOver() => ports.Time.GetElapsedTime(since) >= MostTime;
            return await TryBeginAsync(round, (loss, DateOnly.FromDateTime(now.UtcDateTime)), IsOver, cancellationToken)
                && await ReadOnAsync(IsOver, cancellationToken);
        }
        catch (ChainException e)
        {
            _notBefore = now + AfterFailure;
            LogUnread(e.Message);
            return false;
        }
    }

    /// <returns>False: the day's first block is not found yet.</returns>
    private async Task<bool> TryBeginAsync(
        LaneRound round, (DateTimeOffset Loss, DateOnly Day) of, Func<bool> isOver, CancellationToken cancellationToken)
    {
        var head = round.Head.Block.Number;
        if (_of != of)
        {
            _left.Clear();
            (_of, _paid, _before) = (null, Wei.Zero, null);
            if (_search is not { } search || search.Of != of)
                _search = search = (of, new DayStart(ports.Chain, new DateTimeOffset(of.Day, TimeOnly.MinValue, TimeSpan.Zero), head));
            if (await search.Start.FindOnAsync(isOver, cancellationToken) is not { } first)
                return false;
            _next = first;
            _before = _next.Value == 0 ? default(Nonce) : await TryCountAsync(new BlockNumber(_next.Value - 1), cancellationToken);
            _of = of;
        }

        if (_next > head)
            return true;
        _left.Push(new Span(_next, head, _before, round.Head.Consumed));
        (_next, _before) = (head.Plus(1), round.Head.Consumed);
        return true;
    }

    private async Task<bool> ReadOnAsync(Func<bool> isOver, CancellationToken cancellationToken)
    {
        var readings = 0;
        while (_left.TryPeek(out var span))
        {
            if (span.IsWithoutOurs)
            {
                _left.Pop();
            }
            else if (span.Blocks <= AtOnce)
            {
                if (readings++ == MostReadings)
                    return false;
                var paid = await PaidInAsync(span, cancellationToken);
                _left.Pop();
                _paid += paid;
            }
            else
            {
                var middle = new BlockNumber(span.From.Value + (span.Blocks / 2) - 1);
                var count = await TryCountAsync(middle, cancellationToken);
                _left.Pop();
                _left.Push(new Span(span.From, middle, span.Before, count));
                _left.Push(new Span(middle.Plus(1), span.To, count, span.After));
            }

            if (isOver())
                return _left.Count == 0;
        }

        return true;
    }

    private async Task<Wei> PaidInAsync(Span span, CancellationToken cancellationToken)
    {
        var sent = await ports.Chain.OwnTransactionsAsync(span.From, span.To, cancellationToken);
        var receipts = await Task.WhenAll(sent.Select(t => ports.Chain.ReceiptAsync(t.Hash, cancellationToken)));
        return receipts.Aggregate(Wei.Zero, (sum, receipt) => receipt is null
            ? throw new RpcFailedException(new RpcOrigin("all endpoints", "eth_getTransactionReceipt"), RpcFailure.Contradictory, "a block has a transaction that has no receipt")
            : sum + receipt.Paid);
    }

    // Most nodes keep the state of a few blocks only: then the blocks themselves tell.
    private async Task<Nonce?> TryCountAsync(BlockNumber block, CancellationToken cancellationToken)
    {
        try
        {
            return await ports.Chain.ConsumedAtAsync(block, cancellationToken);
        }
        catch (ChainException)
        {
            return null;
        }
    }

    /// <summary>Blocks that are not read yet.</summary>
    /// <param name="Before">The operator's count before them; null: not known.</param>
    /// <param name="After">After them.</param>
    private sealed record Span(BlockNumber From, BlockNumber To, Nonce? Before, Nonce? After)
    {
        public ulong Blocks => To.Value - From.Value + 1;

        public bool IsWithoutOurs => Before is { } before && After == before;
    }

    [LoggerMessage(EventId = 7193, Level = LogLevel.Warning, Message = "Of the day's gas {KnownNavax} nAVAX are known from the chain so far. Until the rest is read, {AssumedNavax} nAVAX are taken to be spent by whatever can wait.")]
    private partial void LogAssumed(long knownNavax, long assumedNavax);

    [LoggerMessage(EventId = 7194, Level = LogLevel.Warning, Message = "The day's gas is known from the chain: {KnownNavax} nAVAX, with what is under way.")]
    private partial void LogKnown(long knownNavax);

    [LoggerMessage(EventId = 7195, Level = LogLevel.Warning, Message = "What the day has cost could not be read further, and is tried again soon: {Problem}")]
    private partial void LogUnread(string problem);
}
