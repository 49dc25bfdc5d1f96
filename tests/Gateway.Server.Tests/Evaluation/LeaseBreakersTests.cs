using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Evaluation;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Evaluation;

public sealed class LeaseBreakersTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly LeaseBreakers _breakers;

    public LeaseBreakersTests() => _breakers = NewReplica();

    [Fact]
    public void Certain_evidence_opens_the_breaker_at_once()
    {
        var move = Assert.IsType<BreakerStep.Move>(_breakers.Record(ActiveLease(), Bad(certain: true, Reason.FlowClosedByPayer)));

        Assert.Equal((BreakerState.Open, Reason.FlowClosedByPayer), (move.To.To, move.To.Reason));
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromSeconds(1), move.To.ProbeAt);
    }

    [Fact]
    public void Uncertain_evidence_needs_three_bad_looks_in_a_row()
    {
        var lease = ActiveLease();
        lease = Struck(lease, _breakers.Record(lease, Bad(certain: false)));
        lease = Struck(lease, _breakers.Record(lease, Bad(certain: false)));
        Assert.Equal(2, lease.Breaker.Strikes);

        Assert.IsType<BreakerStep.Move>(_breakers.Record(lease, Bad(certain: false)));
    }

    [Fact]
    public void A_good_look_in_between_starts_the_count_again()
    {
        var lease = ActiveLease();
        lease = Struck(lease, _breakers.Record(lease, Bad(certain: false)));
        lease = Struck(lease, _breakers.Record(lease, Bad(certain: false)));
        lease = Struck(lease, _breakers.Record(lease, LeaseVerdict.Of(lease.Id, LeaseHealth.Good)));
        Assert.Equal(0, lease.Breaker.Strikes);
        Assert.Equal(0, _breakers.Live);

        lease = Struck(lease, _breakers.Record(lease, Bad(certain: false)));
        lease = Struck(lease, _breakers.Record(lease, Bad(certain: false)));
        Assert.IsType<BreakerStep.Move>(_breakers.Record(lease, Bad(certain: false)));
    }

    [Fact]
    public void A_look_that_says_nothing_neither_counts_nor_clears()
    {
        var lease = Struck(ActiveLease(), _breakers.Record(ActiveLease(), Bad(certain: false)));

        Assert.Null(_breakers.Record(lease, LeaseVerdict.Of(lease.Id, LeaseHealth.Unknown)));
        Assert.Equal(1, _breakers.Live);
    }

    [Fact]
    public void Strikes_that_another_replica_counted_go_on_counting_here()
    {
        var lease = Struck(ActiveLease(), _breakers.Record(ActiveLease(), Bad(certain: false)));
        lease = Struck(lease, _breakers.Record(lease, Bad(certain: false)));

        Assert.IsType<BreakerStep.Move>(NewReplica().Record(lease, Bad(certain: false)));
    }

    [Fact]
    public void An_open_breaker_is_probed_when_its_time_has_come_and_what_opened_it_is_gone()
    {
        var lease = Stored(BreakerState.Open, _time.GetUtcNow() + TimeSpan.FromSeconds(10));
        var recoverable = LeaseVerdict.Of(lease.Id, LeaseHealth.Recoverable);
        Assert.Null(_breakers.Record(lease, recoverable));
        Assert.Null(_breakers.Record(lease, LeaseVerdict.Of(lease.Id, LeaseHealth.Unknown)));

        _time.Advance(TimeSpan.FromSeconds(10));
        var move = Assert.IsType<BreakerStep.Move>(_breakers.Record(lease, recoverable));
        Assert.Equal(BreakerState.HalfOpen, move.To.To);
    }

    [Fact]
    public void A_good_probe_closes_the_breaker_on_any_replica_and_leaves_nothing_in_memory()
    {
        var lease = Stored(BreakerState.HalfOpen, probeAt: null);
        var replica = NewReplica();
        var move = Assert.IsType<BreakerStep.Move>(replica.Record(lease, LeaseVerdict.Of(lease.Id, LeaseHealth.Good)));

        Assert.Equal((BreakerState.Closed, Reason.Recovered), (move.To.To, move.To.Reason));
        Assert.Equal(0, replica.Live);
    }

    [Fact]
    public void A_bad_probe_opens_it_again_for_longer()
    {
        var lease = Stored(BreakerState.HalfOpen, probeAt: null);
        var move = Assert.IsType<BreakerStep.Move>(_breakers.Record(lease, Bad(certain: true, Reason.RunwayLow)));

        Assert.Equal((BreakerState.Open, Reason.RunwayLow), (move.To.To, move.To.Reason));
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromSeconds(2), move.To.ProbeAt);
    }

    [Fact]
    public void An_isolated_lease_is_left_to_the_operator()
    {
        var lease = Stored(BreakerState.Isolated, probeAt: null);

        Assert.Null(_breakers.Record(lease, LeaseVerdict.Of(lease.Id, LeaseHealth.Good)));
        Assert.Null(_breakers.Record(lease, Bad(certain: true)));
    }

    private LeaseBreakers NewReplica() => new(Options.Create(new BreakerOptions()), _time);

    private Lease ActiveLease() => new()
    {
        Id = LeaseId.Parse("vm-1"),
        VmId = "vm-1",
        Account = new AccountKey(Address.Zero, Address.Zero),
        Rate = FlowRate.FromWeiPerSecond(10),
        Payees = [new Payee(Address.Zero, SharePpm.FromPpm(SharePpm.Whole), "node")],
        State = LeaseState.Active,
        Breaker = LeaseBreaker.ClosedAt(_time.GetUtcNow()),
        Execution = Execution.Run,
        OpenedAt = _time.GetUtcNow(),
        Fingerprint = "f",
    };

    private Lease Stored(BreakerState state, DateTimeOffset? probeAt) => ActiveLease() with
    {
        State = LeaseState.Paused,
        Breaker = new LeaseBreaker(state, Reason.RunwayLow, _time.GetUtcNow(), probeAt, Strikes: 0),
    };

    private static Lease Struck(Lease lease, BreakerStep? step) =>
        lease with { Breaker = lease.Breaker with { Strikes = Assert.IsType<BreakerStep.Strike>(step).Strikes } };

    private static LeaseVerdict Bad(bool certain, Reason reason = Reason.FlowRateLowered) =>
        new(LeaseId.Parse("vm-1"), LeaseHealth.Bad, certain, reason, UnpaidFrom: null, Evidence: null, []);
}
