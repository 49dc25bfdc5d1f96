using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>A hundred thousand slots of a lane, one after the other, through the real scripts.</summary>
[Collection(Kinds.Growth)]
public sealed class LaneGrowthTests(StandaloneRedis kind) : LaneTest(kind)
{
    private const ulong Slots = 100_500;

    /// <summary>By then everything that is bounded has reached its bound, but the log.</summary>
    private const ulong Settled = 10_000;

    /// <summary>Verified changes, for people and for checks of history; one for each slot here.</summary>
    private const long LogKept = 100_000;

    [Fact]
    [Regression(45)]
    public async Task Neither_keys_nor_what_stands_in_them_grow_over_a_hundred_thousand_slots()
    {
        var token = (await Lane.AcquireAsync("one", TimeSpan.FromHours(1), Cancellation))!;
        await RunAsync(token, 1, Settled);
        var (keys, size) = (await KeysAsync(), await SizeAsync());

        await RunAsync(token, Settled + 1, Slots);

        var after = await KeysAsync();
        Assert.Equal(keys.Count, after.Count);
        Assert.Equal(LogKept, await Database.SortedSetLengthAsync(Keys.Log));
        // Numbers have grown a digit, and a hash may have been given room.
        Assert.InRange(await SizeAsync(), 0, size * 11 / 10);
    }

    private async Task RunAsync(string token, ulong from, ulong to)
    {
        for (var i = from; i <= to; i++)
        {
            var (flow, plan) = ((int)(i % 8) + 1, Plan([(int)(i % 8) + 1], i));
            await MarkAsync(flow, (long)i, i);
            Assert.Equal(ReserveAnswer.Reserved, await Lane.ReserveAsync(token, new Nonce(i), plan, 1, Given.Now, Cancellation));
            var slot = new OpenSlot(new Nonce(i), Given.Now, plan, []);
            Assert.Equal(AttemptAnswer.Written, await AppendAsync(token, slot, 0, Attempt((int)i, gwei: 10)));
            Assert.True(await CloseAsync(token, slot, [(long)i], paid: 1));
            if (i % 1000 == 0)
                Time.Advance(TimeSpan.FromHours(1));
        }
    }

    /// <summary>Bytes of every key with what is in it, as Redis counts them; but for the log.</summary>
    private async Task<long> SizeAsync()
    {
        var size = 0L;
        foreach (var key in (await KeysAsync()).Where(k => !string.Equals(k, Keys.Log, StringComparison.Ordinal)))
            size += (long)await Database.ExecuteAsync("MEMORY", "USAGE", key, "SAMPLES", "0");
        return size;
    }
}
