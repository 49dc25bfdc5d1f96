using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>
/// The standard story, struck at each of its writes in turn: before it, after it, with its answer lost, and never arrived. Whatever the point, every flow ends
/// where its leases want it, each change is made once, and every nonce belongs to one slot.
/// </summary>
public abstract class CrashTests(StorageKind kind) : SettlementTest(kind)
{
    private LaneProcess _process = null!; // Set when the story begins.

    [Theory]
    [Regression(12)]
    [Regression(13)]
    [Regression(14)]
    [Regression(15)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task No_write_is_too_unlucky_a_moment(int kind) => StrikeEverywhereAsync((FaultKind)kind, TellAsync);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task No_write_of_an_amendment_is_too_unlucky_a_moment(int kind) => StrikeEverywhereAsync((FaultKind)kind, TellOfAmendmentAsync);

    private static async Task StrikeEverywhereAsync(FaultKind kind, Func<Faults, Task<Faults>> tell)
    {
        var points = (await tell(new Faults(strikeAt: 0, default))).Calls;
        Assert.InRange(points, 30, 200);

        for (var point = 1; point <= points; point++)
        {
            try
            {
                await tell(new Faults(point, kind));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"{kind} at write {point} of {points}", e);
            }
        }
    }

    /// <summary>An opening is stuck at a price that no block takes; a close takes its place; the price falls again.</summary>
    private async Task<Faults> TellOfAmendmentAsync(Faults faults)
    {
        await StartAgainAsync();
        Chain.Arriving = AssertWrittenAhead;
        Settings.CeilingNavax.Open = 5;
        _process = await StartAsync(faults.Around(Ports));
        await OpenAsync("two", 2, 1000);
        await LiveAsync(faults);
        await OpenAsync("one", 1, 1000);
        await LiveOnAsync(faults, blocks: 0, steps: 2);
        Chain.BaseFee = Wei.FromGwei(8);
        await CloseLeaseAsync("two", 2);
        await LiveOnAsync(faults, blocks: 1, steps: 12);
        AssertPaid(2, 0, 0);
        Chain.BaseFee = Wei.FromGwei(1);
        await LiveAsync(faults);

        AssertPaid(1, 800, 200);
        Assert.Equal([800], HistoryOf(1, Node));
        Assert.Equal([800, 0], HistoryOf(2, Node));
        Assert.Equal(LeaseState.Active, (await LeaseAsync("one", 1)).State);
        Assert.Equal(LeaseState.Closed, (await LeaseAsync("two", 2)).State);
        await AssertSlotsAsync();
        return faults;
    }

    private async Task LiveOnAsync(Faults faults, int blocks, int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            if (await StepAsync() is null && faults.IsDead)
                _process = await StartAsync();
            for (var block = 0; block < blocks; block++)
                Chain.Mine();
            Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private async Task<Faults> TellAsync(Faults faults)
    {
        await StartAgainAsync();
        Chain.Arriving = AssertWrittenAhead;
        _process = await StartAsync(faults.Around(Ports));
        await OpenAsync("one", 1, 1000);
        await OpenAsync("two", 2, 1000);
        await OpenAsync("three", 3, 1000);
        await LiveAsync(faults);
        await ResizeAsync("one", 1, 2000);
        await CloseLeaseAsync("two", 2);
        await OpenAsync("four", 1, 500);
        await LiveAsync(faults);

        AssertPaid(1, 2000, 500);
        AssertPaid(2, 0, 0);
        AssertPaid(3, 800, 200);
        Assert.Equal([800, 2000], HistoryOf(1, Node));
        Assert.Equal([800, 0], HistoryOf(2, Node));
        Assert.Equal([800], HistoryOf(3, Node));
        await AssertLeasesAsync();
        await AssertSlotsAsync();
        return faults;
    }

    /// <summary>Steps and blocks in turn; who is killed is followed by another process, that knows nothing.</summary>
    private async Task LiveAsync(Faults faults)
    {
        for (var i = 0; i < 40; i++)
        {
            var result = await StepAsync();
            if (faults.IsDead && result is null)
                _process = await StartAsync();
            if (result == StepResult.Idle && await IsCleanAsync())
                return;
            Chain.Mine();
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        var due = string.Join("; ", (await DueAsync()).Select(f => $"{f.Flow.Payer} to {f.Flow.Payee} at {f.Desired}, generation {f.Generation}"));
        Assert.Fail($"Not settled: {string.Join(", ", _process.Troubles)}. Due: {due}");
    }

    /// <returns>Null where the process was killed.</returns>
    private async Task<StepResult?> StepAsync()
    {
        try
        {
            var result = await _process.StepAsync(Cancellation);
            // A kill that was swallowed on its way up: what is left of the process does nothing any more.
            return result == StepResult.Troubled && _process.Troubles.Contains(LaneTrouble.SignerSilent) ? null : result;
        }
        catch (Exception e) when (e is ProcessKilledException or AggregateException)
        {
            return null;
        }
    }

    // I1: no bytes reach any endpoint unless they are written down.
    private async Task AssertWrittenAhead(SignedBatch batch) =>
        Assert.True(await Database.HashExistsAsync(Keys.Hash, batch.Hash.ToString()), $"{batch.Hash} was sent before it was written");

    private async Task AssertLeasesAsync()
    {
        Assert.Equal(LeaseState.Active, (await LeaseAsync("one", 1)).State);
        Assert.Equal(LeaseState.Closed, (await LeaseAsync("two", 2)).State);
        Assert.Equal(LeaseState.Active, (await LeaseAsync("three", 3)).State);
        Assert.Equal(LeaseState.Active, (await LeaseAsync("four", 1)).State);
    }

    // I2, I5: consumed nonces and closed slots are the same, none is left out and none is open.
    private async Task AssertSlotsAsync()
    {
        Assert.Equal(0, await Database.SortedSetLengthAsync(Keys.Slots));
        for (var nonce = 0UL; nonce < Chain.Consumed; nonce++)
            Assert.Equal("closed", await Database.HashGetAsync(Keys.Slot(new Nonce(nonce)), "state"));
        Assert.False(await Database.KeyExistsAsync(Keys.Slot(new Nonce(Chain.Consumed))));
    }
}

[Collection(Kinds.Redis)]
public sealed class Crash_on_redis(StandaloneRedis kind) : CrashTests(kind);
