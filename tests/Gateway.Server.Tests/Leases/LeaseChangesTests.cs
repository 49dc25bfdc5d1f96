using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Leases;
using Gateway.Server.Tests.Storage;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Server.Tests.Leases;

public sealed class LeaseChangesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LeaseChanges _changes;

    public LeaseChangesTests() => _changes = new LeaseChanges(_time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_listener_of_one_lease_hears_of_no_other()
    {
        using var one = _changes.Subscribe(LeaseId.Parse("a"));
        using var all = _changes.Subscribe();

        _changes.Publish(View("b", 1));
        _changes.Publish(View("a", 1));

        Assert.Equal("a", (await one.Reader.ReadAsync(Cancellation)).Lease.Id.Value);
        Assert.Equal("b", (await all.Reader.ReadAsync(Cancellation)).Lease.Id.Value);
    }

    [Fact]
    public async Task A_listener_that_cannot_keep_up_is_cut_off_and_the_others_are_not()
    {
        const int MoreThanIsKept = 10_000;
        using var slow = _changes.Subscribe();
        using var quick = _changes.Subscribe();
        for (var i = 1; i <= MoreThanIsKept; i++)
        {
            _changes.Publish(View("a", (ulong)i));
            Assert.Equal((ulong)i, (await quick.Reader.ReadAsync(Cancellation)).Lease.Version);
        }

        var kept = await slow.Reader.ReadAllAsync(Cancellation).CountAsync(Cancellation);

        // It ends: whoever reads it learns that he has to start again from a snapshot.
        Assert.InRange(kept, 1, MoreThanIsKept - 1);
        Assert.False(quick.Reader.Completion.IsCompleted);
    }

    [Fact]
    public void Hints_are_read_after_only_where_somebody_listens()
    {
        LeaseId[] one = [LeaseId.Parse("a")];
        Assert.False(_changes.AreWanted(one));
        using (_changes.Subscribe(LeaseId.Parse("b")))
        {
            Assert.False(_changes.AreWanted(one));
            // No lease is named where many changed.
            Assert.True(_changes.AreWanted([]));
        }

        using (_changes.Subscribe(LeaseId.Parse("a")))
            Assert.True(_changes.AreWanted(one));
        Assert.False(_changes.AreWanted([]));
    }

    private static LeaseView View(string id, ulong version) => new(Given.Lease(id) with { Version = version }, AccountBook.Empty(Given.Account).Account);
}
