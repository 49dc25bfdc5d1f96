using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Directives;
using Gateway.Server.Storage;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Directives;

public sealed class RedeliveryTests
{
    private static readonly TimeSpan After = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly Redelivery _redelivery;

    public RedeliveryTests() => _redelivery = new Redelivery(After, _time);

    [Fact]
    public void What_was_just_sent_is_due_after_its_time_and_not_before()
    {
        var directive = Issued(1);
        _redelivery.Sent(directive.Id);

        _time.Advance(After - TimeSpan.FromTicks(1));
        Assert.False(Look(directive));
        Assert.Equal(TimeSpan.FromTicks(1), _redelivery.Rest);

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(TimeSpan.Zero, _redelivery.Rest);
        Assert.True(Look(directive));
    }

    [Fact]
    public void What_somebody_else_was_sent_is_measured_from_its_issue()
    {
        var directive = Issued(1);

        _time.Advance(After / 2);
        Assert.False(Look(directive));
        Assert.Equal(After / 2, _redelivery.Rest);
        _time.Advance(After / 2);
        Assert.True(Look(directive));
    }

    [Fact]
    public void A_new_watcher_looks_at_once() => Assert.Equal(TimeSpan.Zero, _redelivery.Rest);

    [Fact]
    public void It_is_looked_at_when_the_first_of_all_is_due()
    {
        Look();
        _redelivery.Sent(new DirectiveId(0, 1));
        _time.Advance(TimeSpan.FromSeconds(1));
        _redelivery.Sent(new DirectiveId(0, 2));

        Assert.Equal(TimeSpan.FromSeconds(4), _redelivery.Rest);
    }

    [Fact]
    public void What_was_reported_is_forgotten()
    {
        var directive = Issued(1);
        _redelivery.Sent(directive.Id);
        _time.Advance(TimeSpan.FromSeconds(4));
        Look();

        // It waits again, as after a lost acknowledgement: measured from its issue, since nothing is remembered of it.
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Look(directive));
    }

    private bool Look(params StoredDirective[] waiting)
    {
        _redelivery.Begin();
        var due = waiting.Count(_redelivery.IsDue);
        _redelivery.End();
        return due > 0;
    }

    private StoredDirective Issued(long seq) => new(
        new DirectiveId(0, seq), LeaseId.Parse("a"), "vm", Execution.Pause, Reason.RunwayLow, _time.GetUtcNow(), UnpaidFrom: null, Evidence: null, TraceParent: null, 1);
}
