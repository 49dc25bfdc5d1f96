using System.Diagnostics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class DirectiveLogTests(StorageKind kind) : StorageTest(kind)
{
    private readonly Dictionary<AccountKey, AccountBook> _books = [];

    private AccountStore Store => new(Redis);

    private DirectiveLog Log => new(Redis);

    [Fact]
    public async Task A_directive_comes_back_as_it_was_issued()
    {
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        var effect = new Effect.IssueDirective(LeaseId.Parse("a"), "vm-a", Execution.Pause, Reason.FlowClosedByPayer, Given.Now.AddSeconds(9), Given.Evidence);

        var issued = Assert.Single(await IssueAsync(Given.Account, effect));
        var read = Assert.Single(await Log.ReadAsync(DirectiveCursor.Start, 10, Cancellation));

        Assert.Equal(issued, read.Directive);
        Assert.Equal(RedisKeys.ShardOf(Given.Account), issued.Id.Shard);
        var expected = new StoredDirective(
            issued.Id, effect.Lease, "vm-a", effect.Execution, effect.Reason, Given.Now, effect.UnpaidFrom, Given.Evidence, request.Id, Deliveries: 0);
        Assert.Equal(expected, read.Directive);
    }

    [Fact]
    public async Task Without_a_trace_of_its_own_it_carries_that_of_its_lease()
    {
        Activity.Current = null;
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var before = Given.Book();
        Effect[] effects = [Run("a")];
        var lease = Given.Lease("a") with { TraceParent = Trace };

        await Store.CommitAsync(before, before.With(lease), effects, NextLook.Never, Given.Now, Cancellation);

        Assert.Equal(Trace, Assert.Single(await Log.ReadAsync(DirectiveCursor.Start, 10, Cancellation)).Directive.TraceParent);
    }

    [Fact]
    public async Task Directives_of_one_commit_keep_the_order_of_their_effects()
    {
        var issued = await IssueAsync(Given.Account, Run("a"), Pause("a"), Run("b"), Pause("b"));

        var read = await Log.ReadAsync(DirectiveCursor.Start, 10, Cancellation);

        Assert.Equal(issued, read.Select(d => d.Directive));
        Assert.Equal(issued.Select(d => d.Id.Seq).Order().Distinct(), issued.Select(d => d.Id.Seq));
    }

    [Fact]
    public async Task A_reader_resumes_behind_each_directive_without_gap_or_repetition()
    {
        var all = new List<StoredDirective>();
        for (var i = 0; i < 40; i++)
            all.AddRange(await IssueAsync(AccountNo(i % 7), Run($"lease-{i % 7}"), Pause($"lease-{i % 7}")));

        List<StoredDirective> read = [];
        var cursor = DirectiveCursor.Start;
        while (await Log.ReadAsync(cursor, 9, Cancellation) is { Count: > 0 } batch)
        {
            Assert.InRange(batch.Count, 1, 9);
            // Only part of each batch is handled: the cursor of any directive must do.
            var handled = batch.Take(5).ToList();
            read.AddRange(handled.Select(d => d.Directive));
            Assert.True(DirectiveCursor.TryParse(handled[^1].Cursor.ToString(), out var parsed));
            cursor = parsed;
        }

        Assert.Equal(all.Count, read.Count);
        foreach (var lease in all.GroupBy(d => d.Lease))
            Assert.Equal(lease, read.Where(d => d.Lease == lease.Key));
    }

    [Fact]
    public async Task The_end_is_after_everything_that_is_there_and_before_all_that_comes()
    {
        await IssueAsync(Given.Account, Run("a"), Run("b"));

        var end = await Log.EndAsync(Cancellation);
        Assert.Empty(await Log.ReadAsync(end, 10, Cancellation));
        Assert.Equal(["a", "b"], (await Log.PendingAsync(DirectiveCursor.Start, end, Cancellation)).Select(d => d.Lease.Value));

        await IssueAsync(Given.Account, Run("c"));
        Assert.Equal(["c"], (await Log.ReadAsync(end, 10, Cancellation)).Select(d => d.Directive.Lease.Value));
    }

    [Fact]
    public async Task Only_the_latest_directive_of_a_lease_waits_for_a_report()
    {
        var run = Assert.Single(await IssueAsync(Given.Account, Run("a")));
        var pause = Assert.Single(await IssueAsync(Given.Account, Pause("a")));
        var end = DirectiveCursor.Start.After(pause.Id);

        Assert.Equal([pause], await Log.PendingAsync(DirectiveCursor.Start, end, Cancellation));
        Assert.Equal(pause, await Log.FindPendingAsync(Given.Account, run.Lease, Cancellation));
        Assert.False(await Log.AcknowledgeAsync(run.Lease, run.Id, Cancellation));
        Assert.Equal([pause], await Log.PendingAsync(DirectiveCursor.Start, end, Cancellation));

        Assert.True(await Log.AcknowledgeAsync(pause.Lease, pause.Id, Cancellation));
        Assert.False(await Log.AcknowledgeAsync(pause.Lease, pause.Id, Cancellation));
        Assert.Empty(await Log.PendingAsync(DirectiveCursor.Start, end, Cancellation));
        Assert.Null(await Log.FindPendingAsync(Given.Account, run.Lease, Cancellation));
    }

    [Fact]
    public async Task A_report_on_a_directive_covers_older_ones_of_its_lease_only()
    {
        var issued = await IssueAsync(Given.Account, Run("a"), Run("b"), Pause("b"));

        await Log.AcknowledgeAsync(issued[2].Lease, issued[2].Id, Cancellation);

        Assert.Equal([issued[0]], await Log.PendingAsync(DirectiveCursor.Start, DirectiveCursor.Start.After(issued[2].Id), Cancellation));
    }

    [Fact]
    public async Task What_a_reader_has_not_come_to_is_not_handed_over_again()
    {
        var issued = await IssueAsync(Given.Account, Run("a"), Run("b"));

        Assert.Equal([issued[0]], await Log.PendingAsync(DirectiveCursor.Start, DirectiveCursor.Start.After(issued[0].Id), Cancellation));
        Assert.Empty(await Log.PendingAsync(DirectiveCursor.Start, DirectiveCursor.Start, Cancellation));
    }

    [Fact]
    public async Task What_waits_comes_page_by_page_so_that_the_oldest_do_not_hide_the_others()
    {
        const int Count = 200;
        for (var i = 0; i < Count; i++)
            await IssueAsync(Given.Account, Run($"lease-{i}"));
        var end = (await Log.EndAsync(Cancellation)).After(new DirectiveId(RedisKeys.ShardOf(Given.Account), long.MaxValue));

        List<StoredDirective> waiting = [];
        var place = DirectiveCursor.Start;
        while (await Log.PendingAsync(place, end, Cancellation) is { Count: > 0 } page)
        {
            waiting.AddRange(page);
            place = page.Aggregate(place, (p, d) => p.After(d.Id));
        }

        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"lease-{i}"), waiting.Select(d => d.Lease.Value));
    }

    [Fact]
    public async Task A_directive_is_found_with_its_lease_in_the_log_and_beyond_it()
    {
        var issued = await IssueAsync(Given.Account, Run("a"), Run("b"));
        var other = LeaseId.Parse("b");
        var shard = RedisKeys.Of(Given.Account).InShard;

        Assert.Equal(issued[0], await Log.FindAsync(issued[0].Id, issued[0].Lease, Cancellation));
        Assert.Equal(issued[0], await Log.FindAsync(issued[0].Id, other, Cancellation));

        // As after so many that it has left the log: it is still known by what waits.
        await Database.SortedSetRemoveRangeByScoreAsync(shard.Log, issued[0].Id.Seq, issued[0].Id.Seq);
        Assert.Equal(issued[0], await Log.FindAsync(issued[0].Id, issued[0].Lease, Cancellation));
        Assert.Null(await Log.FindAsync(issued[0].Id, other, Cancellation));
        Assert.Null(await Log.FindAsync(new DirectiveId(issued[0].Id.Shard, 7), issued[0].Lease, Cancellation));
    }

    [Fact]
    public async Task Deliveries_are_counted()
    {
        var issued = await IssueAsync(Given.Account, Run("a"), Run("b"));
        var other = await IssueAsync(AccountNo(1), Run("c"));
        var ids = new[] { other[0].Id, issued[0].Id };

        Assert.Equal([1, 1], await Log.DeliverAsync(ids, Cancellation));
        Assert.Equal([2, 2, 1], await Log.DeliverAsync([.. ids, issued[1].Id], Cancellation));

        var pending = await Log.PendingAsync(DirectiveCursor.Start, DirectiveCursor.Start.After(issued[1].Id).After(other[0].Id), Cancellation);
        Assert.Equal([2, 1, 2], pending.Select(d => d.Deliveries));
        Assert.Equal([1], await Log.DeliverAsync([new DirectiveId(3, 12345)], Cancellation));
    }

    [Fact]
    public async Task The_log_is_kept_to_its_bound_but_never_loses_what_waits()
    {
        var waiting = Assert.Single(await IssueAsync(Given.Account, Run("waiting")));
        await Log.DeliverAsync([waiting.Id], Cancellation);
        const int Batch = 1000;
        for (var i = 0; i < AccountCommit.DirectivesKept; i += Batch)
            await IssueAsync(Given.Account, [.. Enumerable.Repeat(Run("busy"), Batch)]);

        var shard = RedisKeys.Of(Given.Account).InShard;
        Assert.Equal(AccountCommit.DirectivesKept, await Database.SortedSetLengthAsync(shard.Log));
        Assert.Equal(AccountCommit.DirectivesKept + 1, await Database.HashLengthAsync(shard.Directives));
        Assert.Equal("waiting", (await Log.ReadAsync(DirectiveCursor.Start, 1, Cancellation))[0].Directive.Lease.Value);
        Assert.Equal(1, (await Log.PendingAsync(DirectiveCursor.Start, DirectiveCursor.Start.After(waiting.Id), Cancellation))[0].Deliveries);

        await Log.AcknowledgeAsync(waiting.Lease, waiting.Id, Cancellation);

        Assert.Equal(AccountCommit.DirectivesKept, await Database.HashLengthAsync(shard.Directives));
        Assert.Equal(0, await Database.HashLengthAsync(shard.Deliveries));
    }

    [Fact]
    public async Task What_is_superseded_outside_of_the_log_is_forgotten()
    {
        var waiting = Assert.Single(await IssueAsync(Given.Account, Run("waiting")));
        for (var i = 0; i < 11; i++)
            await IssueAsync(Given.Account, [.. Enumerable.Repeat(Run("busy"), 1000)]);

        await IssueAsync(Given.Account, Pause("waiting"));

        var shard = RedisKeys.Of(Given.Account).InShard;
        Assert.False(await Database.HashExistsAsync(shard.Directives, waiting.Id.Seq));
        Assert.Equal(AccountCommit.DirectivesKept, await Database.HashLengthAsync(shard.Directives));
    }

    [Fact]
    public async Task Numbers_go_on_rising_where_the_counter_was_rolled_back()
    {
        var before = Assert.Single(await IssueAsync(Given.Account, Run("a")));
        await Database.StringSetAsync(RedisKeys.Of(Given.Account).InShard.Seq, 5);

        var after = Assert.Single(await IssueAsync(Given.Account, Pause("a")));

        Assert.True(after.Id.Seq > before.Id.Seq);
    }

    private static AccountKey AccountNo(int i) => new(Given.Token, Given.Address(0x5000 + i));

    private static Effect.IssueDirective Run(string lease) =>
        new(LeaseId.Parse(lease), "vm-" + lease, Execution.Run, Reason.Funded, UnpaidFrom: null, Evidence: null);

    private static Effect.IssueDirective Pause(string lease) =>
        new(LeaseId.Parse(lease), "vm-" + lease, Execution.Pause, Reason.RunwayLow, UnpaidFrom: null, Evidence: null);

    private async Task<IReadOnlyList<StoredDirective>> IssueAsync(AccountKey account, params Effect.IssueDirective[] directives)
    {
        var before = _books.GetValueOrDefault(account, AccountBook.Empty(account));
        var result = await Store.CommitAsync(before, before, directives, NextLook.Never, Given.Now, Cancellation);
        var committed = Assert.IsType<CommitResult.Committed>(result);
        _books[account] = committed.Book;
        return committed.Directives;
    }
}
