using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>One lane on an empty Redis, and a clock that only a test moves.</summary>
public abstract class LaneTest(StorageKind kind) : StorageTest(kind)
{
    private protected static readonly TimeSpan Ttl = TimeSpan.FromSeconds(10);

    private protected FakeTimeProvider Time { get; } = new(Given.Now);

    private WriteAhead _writeAhead = null!; // Set before the test runs.

    private protected static LaneKeys Keys => new(new ChainId(43114), Given.Address(0x0f));

    private protected LaneStore Lane => new(Redis, _writeAhead, Keys, Time);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _writeAhead = new WriteAhead(Wrapped, new RedisPipelines(Wrapped, TimeProvider.System));
    }

    public override async ValueTask DisposeAsync()
    {
        if (_writeAhead is not null)
            await _writeAhead.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal static long EpochOf(string? token) => long.Parse(token!.Split('|')[1], System.Globalization.CultureInfo.InvariantCulture);

    private protected static FlowKey Flow(int number) => new(Given.Token, Given.Address(0xaa), Given.Address(number));

    private protected static int NumberOf(LaneFlow flow) => Convert.ToInt32(flow.Flow.Payee.ToString()[^2..], 16);

    private protected static SlotPlan Plan(int[] flows, ulong generation = 1) => new(
        [.. flows.Select(f => new SlotFlow(Flow(f), Given.Rate(100), generation, Urgency.Open, Given.Now, 2))], ["00-x"]);

    private protected static SlotAttempt Attempt(int number, ulong gwei, AttemptKind kind = AttemptKind.First) => new(
        new SignedBatch(Given.Hash(number), new byte[] { 2, (byte)(number % 256), 0xff }, new FeeOffer(Wei.FromGwei(gwei), Wei.From(50_000_000)), 1_000_000),
        kind,
        Given.Now,
        "00-attempt");

    // Memory compares by reference.
    private protected static SlotAttempt WithoutBytes(SlotAttempt attempt) => attempt with { Batch = attempt.Batch with { Raw = default } };

    private protected static SlotEnd End(long[] rates, long? paid = 1) => new(
        SlotOutcome.Own,
        new BlockRef(new BlockNumber(9), Given.Hash(9), new BlockTime(1_795_521_600)),
        [.. rates.Select(r => new FlowReading(Given.Rate(r), new BlockTime(1_795_521_600), TokenAmount.Zero))],
        paid);

    private protected Task MarkAsync(int flow, long rate, ulong generation, Urgency urgency = Urgency.Open, string? trace = null) =>
        Lane.MarkAsync(new FlowMark(Flow(flow), Given.Rate(rate), generation, urgency, trace), Time.GetUtcNow(), Cancellation);

    private protected Task<IReadOnlyList<LaneFlow>> DueAsync() => Lane.DueAsync(Time.GetUtcNow(), 100, Cancellation);

    private protected async Task<IEnumerable<int>> DueNumbersAsync() => (await DueAsync()).Select(NumberOf);

    private protected Task ObserveAsync(int flow, long rate, ulong block) => Lane.ObserveAsync(
        Flow(flow), new FlowReading(Given.Rate(rate), new BlockTime(1_795_521_600), TokenAmount.Zero), new BlockNumber(block), Cancellation);

    private protected async Task<(string Token, OpenSlot Slot)> ReserveAsync(ulong nonce, int[] flows, ulong generation = 1)
    {
        var token = (await Lane.AcquireAsync("one", Ttl, Cancellation))!;
        var plan = Plan(flows, generation);
        Assert.Equal(ReserveAnswer.Reserved, await Lane.ReserveAsync(token, new Nonce(nonce), plan, 2, Given.Now, Cancellation));
        return (token, new OpenSlot(new Nonce(nonce), Given.Now, plan, []));
    }

    private protected Task<AttemptAnswer> AppendAsync(string token, OpenSlot slot, int index, SlotAttempt attempt, long cap = long.MaxValue >> 11) =>
        Lane.AppendAttemptAsync(token, slot.Nonce, index, attempt, cap, Cancellation);

    private protected Task<AttemptAnswer> AmendAsync(string token, OpenSlot slot, int index, SlotAttempt attempt, SlotPlan plan) =>
        Lane.AmendAsync(token, slot.Nonce, index, attempt, long.MaxValue >> 11, plan, Cancellation);

    private protected Task<bool> CloseAsync(string token, OpenSlot slot, long[] rates, long? paid = 1) =>
        Lane.CloseAsync(token, slot, End(rates, paid), Time.GetUtcNow(), Cancellation);

    private protected async Task<long> SpentAsync() => (long)await Database.HashGetAsync(Keys.Budget, LaneStore.Window(Time.GetUtcNow()));
}
