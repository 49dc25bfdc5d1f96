using System.Threading.Channels;
using Gateway.Domain.Identity;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class StoreHintsTests(StorageKind kind) : StorageTest(kind)
{
    [Fact]
    public async Task A_hint_reaches_every_replica()
    {
        await using var other = Connect();
        var heard = Channel.CreateUnbounded<object>();
        var listener = await new StoreHints(other).SubscribeAsync(l => heard.Writer.TryWrite(l), s => heard.Writer.TryWrite(s), Cancellation);
        var hints = new StoreHints(Redis);
        LeaseId[] leases = [LeaseId.Parse("a"), LeaseId.Parse("b:1")];

        await hints.LeasesChangedAsync(Given.Account, leases, Cancellation);
        var changed = Assert.IsType<LeaseHint>(await heard.Reader.ReadAsync(Cancellation));
        Assert.Equal(Given.Account, changed.Account);
        Assert.Equal(leases, changed.Leases);

        await hints.DirectivesIssuedAsync(Given.Account, Cancellation);
        Assert.Equal(RedisKeys.ShardOf(Given.Account), Assert.IsType<int>(await heard.Reader.ReadAsync(Cancellation)));

        await hints.LeasesChangedAsync(Given.Account, [.. Enumerable.Range(0, 100).Select(i => LeaseId.Parse($"lease-{i}"))], Cancellation);
        Assert.Empty(Assert.IsType<LeaseHint>(await heard.Reader.ReadAsync(Cancellation)).Leases);
        await listener.DisposeAsync();
    }
}
