using System.Diagnostics.Metrics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;
using Gateway.Server.Telemetry;
using Gateway.Server.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>What the server itself counts where something happens that must not. The simulation holds that it counts nothing where all is well.</summary>
public sealed class InvariantsTests : IDisposable
{
    private const string Leader = "one|5";

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly List<object?> _counted = [];
    private readonly InvariantsOfSlots _seen;

    public InvariantsTests()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name == GatewayTelemetry.Instruments.InvariantViolations)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => _counted.Add(tags[0].Value));
        _listener.Start();
        _seen = new InvariantsOfSlots(new Invariants(new SettlementMetrics(meters, TimeProvider.System), NullLogger<Invariants>.Instance));
        _seen.Consumed(new Nonce(7));
    }

    [Fact]
    public void A_slot_from_its_reservation_to_its_close_breaks_nothing()
    {
        Open(7, 1);
        _seen.Sends(Attempt(1).Batch);
        _seen.Executed(Receipt(1));
        _seen.Consumed(new Nonce(8));
        _seen.Closed(Leader, Slot(7, 1), End(100));
        Open(8, 2);
        _seen.Read([Slot(8, 2)]);
        _seen.Reserved(Leader, new Nonce(9), Slot(9, 3).Plan);
        _seen.Released(Leader, Slot(9, 3));
        _seen.Reserved(Leader, new Nonce(9), Slot(9, 4).Plan);

        Assert.Empty(_counted);
    }

    [Fact]
    public void Bytes_that_are_not_written_down_are_sent() => Breaks("I1", () => _seen.Sends(Attempt(9).Batch));

    [Fact]
    public void A_slot_with_an_attempt_is_released() => Breaks("I2", () =>
    {
        Open(7, 1);
        _seen.Released(Leader, Slot(7, 1));
    });

    [Fact]
    public void A_nonce_is_taken_that_leaves_a_gap() => Breaks("I3", () => _seen.Reserved(Leader, new Nonce(9), Slot(9, 1).Plan));

    [Fact]
    public void A_flow_is_in_two_slots() => Breaks("I4", () => _seen.Read([Slot(7, 1), Slot(8, 1)]));

    [Fact]
    public void Open_nonces_have_a_gap() => Breaks("I5", () => _seen.Read([Slot(7, 1), Slot(9, 2)]));

    [Fact]
    public void What_is_reserved_is_no_longer_wanted() => Breaks("I6", () =>
    {
        _seen.Wants(FlowOf(1), generation: 2);
        _seen.Reserved(Leader, new Nonce(7), Slot(7, 1).Plan);
    });

    [Fact]
    public void A_deposed_leader_writes() => Breaks("I7", () =>
    {
        _seen.Reserved("two|6", new Nonce(7), Slot(7, 1).Plan);
        _seen.Written(Leader, new Nonce(7), Attempt(1), amended: null, long.MaxValue);
    });

    [Fact]
    public void Two_attempts_of_a_nonce_are_executed() => Breaks("I8", () =>
    {
        Open(7, 1);
        _seen.Written(Leader, new Nonce(7), Attempt(2), amended: null, long.MaxValue);
        _seen.Executed(Receipt(1));
        _seen.Executed(Receipt(2));
    });

    [Fact]
    public void A_slot_is_closed_whose_nonce_nobody_has_seen_consumed() => Breaks("I9", () =>
    {
        Open(7, 1);
        _seen.Closed(Leader, Slot(7, 1), End(100));
    });

    [Fact]
    public void More_is_at_stake_than_a_day_may_cost() => Breaks("I10", () =>
    {
        _seen.Reserved(Leader, new Nonce(7), Slot(7, 1).Plan);
        _seen.Written(Leader, new Nonce(7), Attempt(1), amended: null, cap: 10);
    });

    [Fact]
    public void An_older_generation_is_verified_after_a_newer_one() => Breaks("I11", () =>
    {
        Open(7, 1, generation: 3);
        _seen.Consumed(new Nonce(8));
        _seen.Closed(Leader, Slot(7, 1, generation: 3), End(100));
        Open(8, 1, generation: 2);
        _seen.Consumed(new Nonce(9));
        _seen.Closed(Leader, Slot(8, 1, generation: 2), End(100));
    });

    [Fact]
    public void What_was_seen_before_Redis_went_back_counts_for_nothing()
    {
        Open(7, 1);
        _seen.Forget();
        _seen.Reserved(Leader, new Nonce(7), Slot(7, 1).Plan);

        Assert.Empty(_counted);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    private void Breaks(string invariant, Action act)
    {
        act();
        Assert.Equal(invariant, Assert.Single(_counted));
    }

    private void Open(ulong nonce, int flow, ulong generation = 1)
    {
        _seen.Reserved(Leader, new Nonce(nonce), Slot(nonce, flow, generation).Plan);
        _seen.Written(Leader, new Nonce(nonce), Attempt(flow), amended: null, long.MaxValue);
    }

    private static FlowKey FlowOf(int number) => new(Given.Token, Given.Address(0xaa), Given.Address(number));

    private static OpenSlot Slot(ulong nonce, int flow, ulong generation = 1) => new(
        new Nonce(nonce),
        Given.Now,
        new SlotPlan([new SlotFlow(FlowOf(flow), Given.Rate(100), generation, Urgency.Open, Given.Now, 0)], []),
        []);

    private static SlotAttempt Attempt(int number) => new(
        new SignedBatch(Given.Hash(number), new byte[] { 2 }, new FeeOffer(Wei.FromGwei(1), Wei.From(1)), 1_000_000), AttemptKind.First, Given.Now, TraceParent: null);

    private static BlockRef Block => new(new BlockNumber(9), Given.Hash(99), new BlockTime(1_795_521_600));

    private static LaneReceipt Receipt(int number) => new(Given.Hash(number), Block, Succeeded: true, 1, Wei.From(1));

    private static SlotEnd End(long rate) => new(SlotOutcome.Own, Block, [new FlowReading(Given.Rate(rate), Block.Time, TokenAmount.Zero)], PaidNavax: 1);
}
