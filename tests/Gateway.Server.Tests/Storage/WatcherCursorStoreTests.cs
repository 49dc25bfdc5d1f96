using Gateway.Domain.Identity;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class WatcherCursorStoreTests(StorageKind kind) : StorageTest(kind)
{
    private WatcherCursorStore Cursor => new(Redis, new ChainId(43114));

    [Fact]
    public async Task Before_the_first_block_there_is_no_cursor()
    {
        Assert.Null(await Cursor.ReadAsync(Cancellation));
        Assert.Empty(await Cursor.HeadersAsync(Cancellation));
    }

    [Fact]
    public async Task It_moves_forward_only_and_only_from_where_it_stands()
    {
        Assert.True(await Cursor.AdvanceAsync(null, Block(100), Cancellation));
        Assert.False(await Cursor.AdvanceAsync(null, Block(200), Cancellation));
        Assert.False(await Cursor.AdvanceAsync(new BlockNumber(99), Block(200), Cancellation));
        Assert.False(await Cursor.AdvanceAsync(new BlockNumber(100), Block(100), Cancellation));
        Assert.False(await Cursor.AdvanceAsync(new BlockNumber(100), Block(99), Cancellation));
        Assert.True(await Cursor.AdvanceAsync(new BlockNumber(100), Block(105), Cancellation));

        Assert.Equal(Block(105), await Cursor.ReadAsync(Cancellation));
        Assert.Equal([Block(100), Block(105)], await Cursor.HeadersAsync(Cancellation));
    }

    [Fact]
    public async Task Of_replicas_at_once_each_block_is_taken_by_one()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var count = 0;
            BlockNumber? from = null;
            for (var i = 1UL; i <= 20; i++)
            {
                count += await Cursor.AdvanceAsync(from, Block(i), Cancellation) ? 1 : 0;
                from = new BlockNumber(i);
            }

            return count;
        }));

        Assert.Equal(20, taken.Sum());
    }

    [Fact]
    public async Task Only_the_newest_headers_are_kept()
    {
        const ulong Blocks = WatcherCursorStore.HeadersKept + 20;
        BlockNumber? from = null;
        for (var i = 1UL; i <= Blocks; i++)
        {
            await Cursor.AdvanceAsync(from, Block(i), Cancellation);
            from = new BlockNumber(i);
        }

        var headers = await Cursor.HeadersAsync(Cancellation);

        Assert.Equal(WatcherCursorStore.HeadersKept, headers.Count);
        Assert.Equal((Block(21), Block(Blocks)), (headers[0], headers[^1]));
    }

    [Fact]
    public async Task It_goes_back_with_its_rescan_only_from_where_it_stands()
    {
        await Cursor.AdvanceAsync(null, Block(100), Cancellation);
        await Cursor.AdvanceAsync(new BlockNumber(100), Block(110), Cancellation);
        await Cursor.AdvanceAsync(new BlockNumber(110), Block(120), Cancellation);
        await Cursor.SetRescannedAsync(new BlockNumber(115), Cancellation);
        Assert.False(await Cursor.SetBackAsync(Block(110), Block(90), Cancellation));
        Assert.False(await Cursor.SetBackAsync(Block(120) with { Hash = Block(1).Hash }, Block(90), Cancellation));

        Assert.True(await Cursor.SetBackAsync(Block(120), Block(105), Cancellation));

        Assert.Equal(Block(105), await Cursor.ReadAsync(Cancellation));
        Assert.Equal([Block(100), Block(105)], await Cursor.HeadersAsync(Cancellation));
        Assert.Equal(new BlockNumber(105), await Cursor.ReadRescannedAsync(Cancellation));
        Assert.True(await Cursor.AdvanceAsync(new BlockNumber(105), Block(106), Cancellation));
    }

    [Fact]
    public async Task How_far_was_rescanned_is_kept()
    {
        Assert.Null(await Cursor.ReadRescannedAsync(Cancellation));
        await Cursor.SetRescannedAsync(new BlockNumber(7), Cancellation);
        Assert.Equal(new BlockNumber(7), await Cursor.ReadRescannedAsync(Cancellation));
    }

    private static SeenBlock Block(ulong number) => new(new BlockNumber(number), Given.Hash((long)number));
}
