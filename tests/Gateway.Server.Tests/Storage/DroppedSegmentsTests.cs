using Gateway.Domain.Identity;
using Gateway.Domain.Statements;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>What the script drops of a ledger's segments, and what it leaves.</summary>
public abstract class DroppedSegmentsTests(StorageKind kind) : StorageTest(kind)
{
    private const ulong End = 1_000;

    private LedgerStore Ledgers => new(Redis);

    private PeriodStore Periods => new(Redis);

    [Fact]
    public async Task Segments_that_ended_before_a_closed_period_did_go_some_at_a_time_and_the_others_and_the_ledger_stay()
    {
        var ledger = await StoreAsync(End - 3, End - 2, End - 1, End, End + 1);
        await CloseAsync();

        Assert.Equal(2, await Ledgers.DropAsync(Given.Account, At(End), 2, Cancellation));
        Assert.Equal(At(End), await Ledgers.KeptSinceAsync(Given.Account, Cancellation));
        Assert.Equal(1, await Ledgers.DropAsync(Given.Account, At(End), 2, Cancellation));
        Assert.Equal(0, await Ledgers.DropAsync(Given.Account, At(End), 2, Cancellation));

        Assert.Equal([End, End + 1], await EndsAsync());
        var stored = (await Ledgers.ReadAsync(Given.Account, Cancellation))!.Ledger; // It was stored.
        Assert.Equal((ledger.Through, ledger.Open.Count), (stored.Through, stored.Open.Count));
        Assert.Equal(ledger.Ended, stored.Ended);
    }

    [Fact]
    public async Task Nothing_is_dropped_where_no_period_was_closed()
    {
        await StoreAsync(End - 1, End);

        Assert.Equal(0, await Ledgers.DropAsync(Given.Account, At(End), 100, Cancellation));
        await CloseAsync();
        Assert.Equal(0, await Ledgers.DropAsync(Given.Account, At(End + 1), 100, Cancellation));

        Assert.Null(await Ledgers.KeptSinceAsync(Given.Account, Cancellation));
        Assert.Equal([End - 1, End], await EndsAsync());
    }

    [Fact]
    public async Task Without_a_ledger_nothing_is_said_of_it()
    {
        await CloseAsync();

        Assert.Equal(0, await Ledgers.DropAsync(Given.Account, At(End), 100, Cancellation));

        Assert.Null(await Ledgers.KeptSinceAsync(Given.Account, Cancellation));
    }

    [Fact]
    public async Task What_was_said_to_be_dropped_is_never_taken_back()
    {
        await StoreAsync(End - 1, End);
        await CloseAsync();
        await Periods.CloseAsync(Given.Account, Given.Period with { Name = "later", To = At(End + 1) }, Given.Period.Name, Cancellation);

        Assert.Equal(2, await Ledgers.DropAsync(Given.Account, At(End + 1), 100, Cancellation));
        Assert.Equal(0, await Ledgers.DropAsync(Given.Account, At(End), 100, Cancellation));

        Assert.Equal(At(End + 1), await Ledgers.KeptSinceAsync(Given.Account, Cancellation));
    }

    private static BlockTime At(ulong second) => new(second);

    private async Task<FlowLedger> StoreAsync(params ulong[] ends)
    {
        var segments = ends.Select(e => Given.Segment with { End = Given.Segment.End! with { Mark = new LedgerMark(At(e), new BlockNumber(e), 0, Given.Hash(1)) } });
        Assert.True(await Ledgers.ExtendAsync(Given.Account, before: null, new StoredLedger(Given.Ledger, Mismatch: null), segments, anew: true, Cancellation));
        return Given.Ledger;
    }

    private async Task CloseAsync() => Assert.True(await Periods.CloseAsync(Given.Account, Given.Period with { To = At(End) }, after: null, Cancellation));

    private async Task<List<ulong>> EndsAsync() =>
        [.. (await Ledgers.SegmentsAsync(Given.Account, default, Cancellation)).Segments.Select(s => s.End!.Mark.At.UnixSeconds)]; // They have ended.
}
