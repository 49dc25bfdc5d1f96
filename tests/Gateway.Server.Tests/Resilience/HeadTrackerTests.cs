using CsCheck;
using Gateway.Domain.Identity;
using Gateway.Server.Resilience;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Resilience;

public sealed class HeadTrackerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly HeadTracker _tracker;

    public HeadTrackerTests() => _tracker = new HeadTracker(_time);

    [Fact]
    public void An_answer_that_was_overtaken_on_its_way_is_no_step_back()
    {
        Saw(10);
        var whenAsked = _tracker.Height;
        Saw(12);

        Assert.Equal(HeadMove.Same, _tracker.Saw(new BlockNumber(11), whenAsked));
        Assert.Equal(HeadMove.Ignored, Saw(11));
        Assert.Equal(12UL, _tracker.Height?.Value);
    }

    [Fact]
    public void Lower_answers_are_believed_only_when_they_are_many_and_last()
    {
        Saw(10);
        Assert.Equal([HeadMove.Ignored, HeadMove.Ignored, HeadMove.Ignored, HeadMove.Ignored], [Saw(8), Saw(8), Saw(8), Saw(8)]);

        _time.Advance(HeadTracker.StubbornTime);
        Assert.Equal(HeadMove.Lowered, Saw(9));
        Assert.Equal(9UL, _tracker.Height?.Value);
    }

    [Fact]
    public void Answers_that_flip_between_two_machines_never_lower_the_head()
    {
        Saw(10);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(HeadMove.Ignored, Saw(8));
            _time.Advance(HeadTracker.StubbornTime);
            Assert.Equal(HeadMove.Same, Saw(10));
        }
    }

    [Fact]
    public void Within_a_moment_the_height_is_the_highest_of_whatever_was_seen() => Gen.ULong[0, 50].List[1, 40].Sample(numbers =>
    {
        var tracker = new HeadTracker(new FakeTimeProvider());
        foreach (var number in numbers)
            tracker.Saw(new BlockNumber(number), tracker.Height);
        return tracker.Height?.Value == numbers.Max();
    });

    private HeadMove Saw(ulong number) => _tracker.Saw(new BlockNumber(number), _tracker.Height);
}
