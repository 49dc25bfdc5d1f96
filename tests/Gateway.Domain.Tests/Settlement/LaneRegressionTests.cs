using Gateway.Domain.Identity;
using Gateway.Domain.Settlement;
using Xunit;

namespace Gateway.Domain.Tests.Settlement;

public sealed class LaneRegressionTests
{
    private static readonly LaneMark Mark = new(new Nonce(7), new BlockNumber(100), Stamp: 40, Epoch: 1_000, Server: "run-a");

    /// <summary>Everything as it was left: a process that remembers its last look, at a store that has moved on by nobody.</summary>
    private static readonly LaneLook Calm = new(Mark, Mark, "run-a", new Nonce(7), HasNewestConsumed: true, TopOpen: null, TopBound: null);

    [Fact]
    public void A_store_that_is_as_it_was_left_has_not_gone_back() => Assert.Equal(RegressionSign.None, LaneRegression.Find(Calm));

    [Fact]
    public void An_empty_store_of_an_operator_without_a_past_is_a_new_one() =>
        Assert.Equal(RegressionSign.None, LaneRegression.Find(Calm with { Stored = null, Remembered = null, Consumed = default }));

    [Fact]
    public void An_empty_store_of_an_operator_with_a_past_has_lost_it() =>
        Assert.Equal(RegressionSign.Empty, LaneRegression.Find(Calm with { Stored = null, Remembered = null }));

    [Fact]
    public void A_store_that_was_emptied_under_a_process_has_lost_even_what_is_not_on_chain() =>
        Assert.Equal(RegressionSign.Empty, LaneRegression.Find(Calm with { Stored = null, Consumed = default }));

    [Fact]
    public void One_writing_that_is_missing_is_enough() =>
        Assert.Equal(RegressionSign.StampBack, LaneRegression.Find(Calm with { Stored = Mark with { Stamp = 39 } }));

    [Fact]
    public void Fewer_consumed_nonces_than_are_remembered_were_restored_from_somewhere() =>
        Assert.Equal(RegressionSign.ConsumedBack, LaneRegression.Find(Calm with { Stored = Mark with { Consumed = new Nonce(6), Stamp = 41 } }));

    [Fact]
    public void An_epoch_never_falls() =>
        Assert.Equal(RegressionSign.EpochBack, LaneRegression.Find(Calm with { Stored = Mark with { Epoch = 999, Stamp = 41 } }));

    [Theory]
    [InlineData(1_001, true)] // Whoever wrote it leads since, or led.
    [InlineData(1_000, false)]
    [InlineData(999, false)] // Went back.
    public void What_is_remembered_counts_until_another_leadership_has_written(ulong epoch, bool isOutdated) =>
        Assert.Equal(isOutdated, LaneRegression.IsOutdated(Mark, Mark with { Epoch = epoch, Stamp = 3 }));

    [Fact]
    public void An_empty_store_outdates_nothing() => Assert.False(LaneRegression.IsOutdated(Mark, stored: null));

    [Theory]
    [InlineData("run-b", RegressionSign.OtherServer)]
    [InlineData(null, RegressionSign.None)] // A server that does not say who it is proves nothing.
    public void Another_server_may_lack_what_the_last_one_acknowledged(string? server, RegressionSign sign) =>
        Assert.Equal(sign, LaneRegression.Find(Calm with { Server = server }));

    [Fact]
    public void A_process_that_has_just_begun_takes_the_store_s_own_word_for_its_server() =>
        Assert.Equal(RegressionSign.OtherServer, LaneRegression.Find(Calm with { Remembered = null, Server = "run-b" }));

    [Theory]
    [InlineData(7UL, RegressionSign.None)] // It is open.
    [InlineData(null, RegressionSign.SlotLost)]
    public void A_nonce_that_was_bound_here_must_be_open_until_it_is_consumed(ulong? open, RegressionSign sign) => Assert.Equal(
        sign, LaneRegression.Find(Calm with { TopBound = new Nonce(7), TopOpen = open is { } nonce ? new Nonce(nonce) : null }));

    [Fact]
    public void A_nonce_that_was_bound_here_and_is_consumed_may_be_closed() =>
        Assert.Equal(RegressionSign.None, LaneRegression.Find(Calm with { TopBound = new Nonce(6) }));

    [Theory]
    [InlineData(false, null, RegressionSign.NonceUnknown)]
    [InlineData(true, null, RegressionSign.None)] // Closed by a process that died before it said so.
    [InlineData(false, 7UL, RegressionSign.None)] // Open, and to be closed.
    public void A_process_that_has_just_begun_misses_slots_of_what_is_consumed(bool hasSlot, ulong? open, RegressionSign sign) => Assert.Equal(
        sign,
        LaneRegression.Find(
            Calm with { Remembered = null, Consumed = new Nonce(8), HasNewestConsumed = hasSlot, TopOpen = open is { } nonce ? new Nonce(nonce) : null }));

    [Fact]
    public void A_stranger_with_the_same_key_is_not_taken_for_a_loss_by_a_process_that_remembers() =>
        Assert.Equal(RegressionSign.None, LaneRegression.Find(Calm with { Consumed = new Nonce(17), HasNewestConsumed = false }));
}
