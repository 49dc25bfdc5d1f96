using System.Collections.Immutable;
using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Xunit;

namespace Gateway.Domain.Tests.Statements;

public sealed class FlowLedgerTests
{
    private static readonly Address Node = Any.AddressOf(1);

    /// <summary>Changes of up to three flows, each block a few seconds after the last one or in the same second.</summary>
    private static readonly Gen<ImmutableArray<LedgerChange>> Changes =
        Gen.Select(Gen.Int[1, 3], Gen.Frequency((1, Gen.Const(FlowRate.Zero)), (3, Any.PositiveRate(60))), Gen.ULong[0, 5000], Any.Amount(70), Gen.Int[0, 100]).Array[0, 24].Select(steps =>
        {
            var (changes, at) = (ImmutableArray.CreateBuilder<LedgerChange>(), 1_000_000UL);
            foreach (var (payee, rate, seconds, deposit, lostPercent) in steps)
            {
                at += seconds;
                var mark = new LedgerMark(new BlockTime(at), new BlockNumber((ulong)changes.Count + 10), 3, Hash(changes.Count));
                var lost = rate.IsZero ? TokenAmount.FromWei(deposit.Wei * lostPercent / 100) : TokenAmount.Zero;
                changes.Add(new LedgerChange(Any.AddressOf(payee), rate, rate.IsZero ? TokenAmount.Zero : deposit, lost, ChangeCause.ByPayer, mark));
            }

            return changes.ToImmutable();
        });

    [Fact]
    public void Wherever_it_is_cut_into_steps_the_ledger_is_the_same() => Gen.Select(Changes, Gen.Int[0, 24]).Sample((changes, cut) =>
    {
        var first = Math.Min(cut, changes.Length);
        var (whole, closed) = FlowLedger.Empty.Apply(changes, Block(99));

        var (half, early) = FlowLedger.Empty.Apply(changes.Take(first), Block(50));
        var (both, late) = half.Apply(changes.Skip(first), Block(99));

        Assert.Equal(whole.Open.AsEnumerable(), both.Open);
        Assert.Equal(whole.Ended.AsEnumerable(), both.Ended);
        Assert.Equal(closed.AsEnumerable(), early.Concat(late));
    });

    [Fact]
    public void Periods_side_by_side_stream_what_the_whole_does_and_each_move_of_a_buffer_is_in_one() => Gen.Select(Changes, Gen.ULong[999_000, 1_150_000]).Sample((changes, border) =>
    {
        var (ledger, closed) = FlowLedger.Empty.Apply(changes, Block(99));
        List<FlowSegment> all = [.. closed, .. ledger.Open.Values];
        var (start, middle, end) = (new BlockTime(0), new BlockTime(border), new BlockTime(1_200_000));

        Assert.Equal(Streamed(all, start, end), Streamed(all, start, middle) + Streamed(all, middle, end));
        Assert.Equal(Streamed(all, start, end), ledger.Payees.Aggregate(TokenAmount.Zero, (sum, p) => sum + ledger.StreamedTo(p, end)));
        Assert.Equal(
            SegmentCut.BufferMoves(all, start, end).AsEnumerable(), SegmentCut.BufferMoves(all, start, middle).Concat(SegmentCut.BufferMoves(all, middle, end)));
    });

    [Fact]
    public void What_was_taken_of_buffers_came_back_or_was_lost_or_is_still_locked_up() => Changes.Sample(changes =>
    {
        var (ledger, closed) = FlowLedger.Empty.Apply(changes, Block(99));
        List<FlowSegment> all = [.. closed, .. ledger.Open.Values];
        var moves = SegmentCut.BufferMoves(all, default, new BlockTime(ulong.MaxValue)).Select(m => m.Edge.Buffer).ToList();

        Assert.Equal(
            moves.Aggregate(TokenAmount.Zero, (sum, m) => sum + m.Taken - m.Returned - m.Lost),
            SegmentCut.Held(all, new BlockTime(1_200_000)));
    });

    [Fact]
    public void A_flow_that_is_opened_and_closed_within_a_second_streams_nothing_and_its_buffer_is_told_of()
    {
        var (_, closed) = FlowLedger.Empty.Apply([Change(7, 100, 50), Change(0, 100, 0)], Block(99));

        Assert.Empty(SegmentCut.Stretches(closed, default, new BlockTime(200)));
        Assert.Equal([50, 0], SegmentCut.BufferMoves(closed, default, new BlockTime(200)).Select(m => (int)m.Edge.Buffer.Taken.Wei));
        Assert.Equal([0, 50], SegmentCut.BufferMoves(closed, default, new BlockTime(200)).Select(m => (int)m.Edge.Buffer.Returned.Wei));
    }

    [Fact]
    public void A_flow_that_was_open_where_the_ledger_begins_is_counted_from_there_and_its_buffer_comes_back()
    {
        var ledger = FlowLedger.From(Block(9, 500), Wei(70)).With(Node, Seen(7, 400, 50));

        var (after, closed) = ledger.Apply([Change(0, 600, 0)], Block(99));

        Assert.Equal(Wei(700), after.StreamedTo(Node, new BlockTime(900)));
        Assert.Null(closed[0].Begin.Edge);
        Assert.Equal(Wei(50), Assert.Single(SegmentCut.BufferMoves(closed, default, new BlockTime(900))).Edge.Buffer.Returned);
        Assert.Equal((Wei(70), Wei(20)), (ledger.Buffers, after.Buffers));
    }

    [Fact]
    public void Only_a_flow_that_is_not_known_and_not_newer_may_have_been_open_where_the_ledger_begins()
    {
        var ledger = FlowLedger.From(Block(9, 500), Wei(70));

        Assert.True(ledger.MayBeOlder(Node, Seen(7, 500, 50)));
        Assert.False(ledger.MayBeOlder(Node, Seen(7, 501, 50)));
        Assert.False(ledger.MayBeOlder(Node, Seen(0, 400, 0)));
        Assert.False(FlowLedger.Empty.MayBeOlder(Node, Seen(7, 400, 50)));
        Assert.False(ledger.Apply([Change(7, 600, 50), Change(0, 700, 0)], Block(99)).Ledger.MayBeOlder(Node, Seen(7, 400, 50)));
        Assert.Throws<ArgumentException>(() => ledger.With(Node, Seen(7, 501, 50)));
    }

    [Theory]
    [InlineData(70, false, 70)]
    [InlineData(69, false, null)]
    [InlineData(69, true, 69)]
    [InlineData(0, true, 0)]
    [InlineData(71, true, null)]
    public void Buffers_that_are_not_known_may_become_less_where_more_is_heard_of_and_never_more(int seen, bool mayKnowMore, int? beyond) =>
        Assert.Equal(beyond, (int?)FlowLedger.From(Block(9, 500), Wei(70)).Explains(Wei(seen), mayKnowMore)?.Origin!.Beyond.Wei); // It has one.

    private static FlowReading Seen(long rate, ulong changed, long deposit) => new(FlowRate.FromWeiPerSecond(rate), new BlockTime(changed), Wei(deposit));

    private static TokenAmount Wei(long wei) => TokenAmount.FromWei(wei);

    private static BlockRef Block(ulong number, ulong time) => new(new BlockNumber(number), Hash(0), new BlockTime(time));

    private static LedgerChange Change(long rate, ulong at, long deposit) => new(
        Node, FlowRate.FromWeiPerSecond(rate), TokenAmount.FromWei(deposit), TokenAmount.Zero, ChangeCause.ByUs, new LedgerMark(new BlockTime(at), new BlockNumber(at), 0, Hash(1)));

    private static TokenAmount Streamed(List<FlowSegment> segments, BlockTime from, BlockTime to) =>
        SegmentCut.Stretches(segments, from, to).Aggregate(TokenAmount.Zero, (sum, s) => sum + s.Streamed);

    private static BlockRef Block(ulong number) => new(new BlockNumber(number), Hash(0), new BlockTime(1_200_000));

    private static Hash32 Hash(long seed) => Hash32.Parse("0x" + seed.ToString("x64", System.Globalization.CultureInfo.InvariantCulture));
}
