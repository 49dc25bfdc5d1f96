using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class AccountStoreTests(StorageKind kind) : StorageTest(kind)
{
    private AccountStore Store => new(Redis);

    [Fact]
    public async Task An_account_that_was_never_stored_is_an_empty_book()
    {
        var book = await Store.LoadAsync(Given.Account, Cancellation);

        Assert.Equal(Given.Account, book.Account.Key);
        Assert.Equal(0UL, book.Account.Version);
        Assert.Empty(book.Account.Flows);
        Assert.Empty(book.Leases);
    }

    [Fact]
    public async Task A_book_comes_back_as_it_was_stored()
    {
        var stored = await StoreAsync(Given.Book(), new AccountBook(Given.FullAccount(), Given.Book(null, Given.FullLease("a"), Given.Lease("b")).Leases));

        var loaded = await Store.LoadAsync(Given.Account, Cancellation);

        Same.Book(stored, loaded);
        Assert.Equal(1UL, loaded.Account.Version);
        Assert.All(loaded.Leases.Values, l => Assert.Equal(1UL, l.Version));
    }

    [Fact]
    public async Task Only_a_changed_lease_gets_a_new_version()
    {
        var first = await StoreAsync(Given.Book(), Given.Book(null, Given.Lease("a"), Given.Lease("b")));
        var second = await StoreAsync(first, first.With(first.Leases[LeaseId.Parse("b")] with { State = LeaseState.Active }));

        Same.Book(second, await Store.LoadAsync(Given.Account, Cancellation));
        Assert.Equal(2UL, second.Account.Version);
        Assert.Equal(1UL, second.Leases[LeaseId.Parse("a")].Version);
        Assert.Equal(2UL, second.Leases[LeaseId.Parse("b")].Version);
    }

    [Fact]
    public async Task A_book_that_is_no_longer_the_stored_one_is_a_conflict_and_changes_nothing()
    {
        var first = await StoreAsync(Given.Book(), Given.Book(null, Given.Lease("a")));
        var second = await StoreAsync(first, first.With(Given.Lease("b")));

        Effect[] effects = [new Effect.IssueDirective(LeaseId.Parse("c"), "vm-c", Execution.Run, Reason.Funded, UnpaidFrom: null, Evidence: null)];
        var result = await Store.CommitAsync(first, first.With(Given.Lease("c")), effects, new NextLook(Given.Now), Given.Now, Cancellation);

        Assert.IsType<CommitResult.Conflict>(result);
        Same.Book(second, await Store.LoadAsync(Given.Account, Cancellation));
        Assert.Empty(await new DirectiveLog(Redis).ReadAsync(DirectiveCursor.Start, 10, Cancellation));
    }

    [Fact]
    public async Task Of_many_writers_at_once_each_stores_its_change_exactly_once()
    {
        const int Writers = 20;
        await using var other = Connect();
        var stores = new[] { Store, new AccountStore(other) };

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async i =>
        {
            var id = $"lease-{i}";
            while (true)
            {
                var before = await stores[i % 2].LoadAsync(Given.Account, Cancellation);
                if (await stores[i % 2].CommitAsync(before, before.With(Given.Lease(id)), [], NextLook.Never, Given.Now, Cancellation) is CommitResult.Committed)
                    return;
            }
        }));

        var book = await Store.LoadAsync(Given.Account, Cancellation);
        Assert.Equal((ulong)Writers, book.Account.Version);
        Assert.Equal(Writers, book.Leases.Count);
        Assert.All(book.Leases.Values, l => Assert.Equal(1UL, l.Version));
    }

    [Fact]
    public async Task An_ended_lease_leaves_the_book_and_is_still_found()
    {
        var id = LeaseId.Parse("a");
        await new LeaseClaims(Redis, Store).ClaimAsync(id, Given.Account, Cancellation);
        var first = await StoreAsync(Given.Book(), Given.Book(null, Given.Lease("a"), Given.Lease("b")));
        Same.Lease(first.Leases[id], await Store.FindLeaseAsync(id, Cancellation));

        var ended = first.Leases[id] with { State = LeaseState.Closed, ClosedAt = Given.Now };
        var second = await StoreAsync(first, first.With(ended));

        Assert.Equal(["b"], (await Store.LoadAsync(Given.Account, Cancellation)).Leases.Keys.Select(k => k.Value));
        Same.Lease(ended with { Version = 2 }, second.Leases[id]);
        Same.Lease(ended with { Version = 2 }, await Store.FindLeaseAsync(id, Cancellation));
    }

    [Fact]
    public async Task A_late_report_is_stored_on_an_ended_lease()
    {
        var id = LeaseId.Parse("a");
        var first = await StoreAsync(Given.Book(), Given.Book(null, Given.Lease("a") with { State = LeaseState.Rejected }));
        var book = await Store.LoadAsync(Given.Account, Cancellation);
        var ended = (await Store.FindLeaseAsync(Given.Account, id, Cancellation))!;
        Same.Lease(first.Leases[id], ended);

        var before = book.With(ended);
        await StoreAsync(before, before.With(ended with { MayRun = true }));

        var found = await Store.FindLeaseAsync(Given.Account, id, Cancellation);
        Assert.True(found!.MayRun);
        Assert.Equal(2UL, found.Version);
        Assert.Empty((await Store.LoadAsync(Given.Account, Cancellation)).Leases);
        Assert.IsType<CommitResult.Conflict>(await Store.CommitAsync(
            before with { Account = before.Account with { Version = 2 } }, before.With(ended with { Priority = 1 }), [], NextLook.Never, Given.Now, Cancellation));
    }

    [Fact]
    public async Task An_id_that_ended_is_not_opened_again()
    {
        var first = await StoreAsync(Given.Book(), Given.Book(null, Given.Lease("a") with { State = LeaseState.Closed }));
        var without = await Store.LoadAsync(Given.Account, Cancellation);

        Assert.IsType<CommitResult.Conflict>(await Store.CommitAsync(without, without.With(Given.Lease("a")), [], NextLook.Never, Given.Now, Cancellation));
        Assert.Equal(1UL, first.Account.Version);
    }

    [Fact]
    public async Task A_lease_never_vanishes_from_a_book()
    {
        var before = Given.Book(null, Given.Lease("a"));

        await Assert.ThrowsAsync<ArgumentException>(() => Store.CommitAsync(before, Given.Book(), [], NextLook.Never, Given.Now, Cancellation));
    }

    [Fact]
    public async Task History_is_in_order_and_bounded()
    {
        var id = LeaseId.Parse("a");
        var book = await StoreAsync(Given.Book(), Given.Book(null, Given.Lease("a")));
        for (var round = 0; round < 3; round++)
        {
            var notes = Enumerable.Range(round * 100, 100).Select(Effect (i) => new Effect.Note(id, NoteKind.Observation, $"look {i}", Given.Evidence)).ToList();
            book = ((CommitResult.Committed)await Store.CommitAsync(book, book, notes, NextLook.Never, Given.Now, Cancellation)).Book;
        }

        var history = await new LeaseHistory(Redis).ReadAsync(Given.Account, id, Cancellation);

        Assert.Equal(Enumerable.Range(100, 200).Select(i => $"look {i}"), history.Select(n => n.Summary));
        Assert.All(history, n => Assert.Equal((Given.Now, NoteKind.Observation, Given.Evidence), (n.At, n.Kind, n.Evidence)));
    }

    private async Task<AccountBook> StoreAsync(AccountBook before, AccountBook after) =>
        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(before, after, [], NextLook.Never, Given.Now, Cancellation)).Book;
}
