using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class AccountDeadlinesTests(StorageKind kind) : StorageTest(kind)
{
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(10);

    private AccountDeadlines Deadlines => new(Redis);

    [Fact]
    public async Task A_deadline_is_due_when_it_comes_and_not_before()
    {
        await SetAsync(Given.Account, Given.Now.AddSeconds(5));

        Assert.Empty(await ClaimAsync(Given.Now.AddSeconds(4.999)));
        Assert.Equal([Given.Account], await ClaimAsync(Given.Now.AddSeconds(5)));
    }

    [Fact]
    public async Task What_one_claimed_others_leave_alone_for_the_time_of_the_hold()
    {
        await SetAsync(Given.Account, Given.Now);
        await ClaimAsync(Given.Now);

        Assert.Empty(await ClaimAsync(Given.Now + Hold - TimeSpan.FromMilliseconds(1)));
        Assert.Equal([Given.Account], await ClaimAsync(Given.Now + Hold));
    }

    [Fact]
    public async Task A_deadline_is_brought_forward_and_never_put_off()
    {
        await SetAsync(Given.Account, Given.Now.AddSeconds(5));

        await Deadlines.BringForwardAsync(Given.Account, Given.Now.AddSeconds(9), Cancellation);
        Assert.Equal([Given.Account], await ClaimAsync(Given.Now.AddSeconds(5)));

        await Deadlines.BringForwardAsync(Given.Account, Given.Now.AddSeconds(6), Cancellation);
        Assert.Equal([Given.Account], await ClaimAsync(Given.Now.AddSeconds(6)));
    }

    [Fact]
    public async Task A_commit_sets_the_deadline_anew_and_may_take_it_away()
    {
        var book = await SetAsync(Given.Account, Given.Now);
        book = await SetAsync(Given.Account, Given.Now.AddMinutes(1), book);
        Assert.Empty(await ClaimAsync(Given.Now.AddSeconds(59)));

        await SetAsync(Given.Account, deadline: null, book);

        Assert.Empty(await ClaimAsync(Given.Now.AddYears(10)));
    }

    [Fact]
    public async Task Replicas_at_once_share_what_is_due_and_nothing_is_claimed_twice()
    {
        var accounts = Enumerable.Range(0, 200).Select(i => new AccountKey(Given.Token, Given.Address(0x9000 + i))).ToList();
        foreach (var account in accounts)
            await SetAsync(account, Given.Now);
        await using var other = Connect();
        AccountDeadlines[] replicas = [Deadlines, new(other)];

        List<AccountKey> claimed = [];
        while (true)
        {
            var batches = await Task.WhenAll(replicas.Select(r => r.ClaimDueAsync(Given.Now, Hold, 64, Cancellation)));
            Assert.All(batches, b => Assert.InRange(b.Count, 0, 64));
            if (batches.All(b => b.Count == 0))
                break;
            claimed.AddRange(batches.SelectMany(b => b).Select(d => d.Account));
        }

        Assert.Equal(accounts.Order(Comparer<AccountKey>.Create((a, b) => a.Payer.CompareTo(b.Payer))), claimed.OrderBy(a => a.Payer));
    }

    [Fact]
    public async Task A_small_bound_still_reaches_every_shard()
    {
        var accounts = Enumerable.Range(0, 40).Select(i => new AccountKey(Given.Token, Given.Address(0x9000 + i))).ToList();
        foreach (var account in accounts)
            await SetAsync(account, Given.Now);
        var deadlines = Deadlines;

        HashSet<AccountKey> claimed = [];
        for (var i = 0; i < RedisKeys.Shards * accounts.Count && claimed.Count < accounts.Count; i++)
        {
            var batch = await deadlines.ClaimDueAsync(Given.Now, Hold, 3, Cancellation);
            Assert.InRange(batch.Count, 0, 3);
            claimed.UnionWith(batch.Select(d => d.Account));
        }

        Assert.Equal(accounts.Count, claimed.Count);
    }

    [Fact]
    public async Task A_shard_with_much_to_do_may_fill_the_whole_answer()
    {
        var shard = RedisKeys.ShardOf(Given.Account);
        var accounts = Enumerable.Range(0, 4000)
            .Select(i => new AccountKey(Given.Token, Given.Address(0x9000 + i)))
            .Where(a => RedisKeys.ShardOf(a) == shard)
            .Take(20)
            .ToList();
        foreach (var account in accounts)
            await SetAsync(account, Given.Now);

        var claimed = await Deadlines.ClaimDueAsync(Given.Now, Hold, 18, Cancellation);

        Assert.Equal(18, claimed.Select(d => d.Account).Distinct().Count());
    }

    [Fact]
    public async Task A_quiet_account_comes_with_its_glance_and_goes_on_with_the_next_one()
    {
        await SetAsync(Given.Account, Given.Now, quiet: Given.Quiet);
        var due = Assert.Single(await Deadlines.ClaimDueAsync(Given.Now, Hold, 100, Cancellation));
        Assert.Equal(Given.Quiet, due.ReadGlance());

        await ContinueAsync(due);

        Assert.Empty(await ClaimAsync(Given.Now.AddSeconds(59)));
        Assert.Equal(Later, Assert.Single(await Deadlines.ClaimDueAsync(Given.Now.AddSeconds(60), Hold, 100, Cancellation)).ReadGlance());
    }

    [Fact]
    public async Task A_later_glance_is_a_later_verification_of_the_account()
    {
        var store = new AccountStore(Redis);
        var health = Given.FullAccount().Health! with { LastChanged = Given.Quiet.Seen.LastChanged, FlowsReadAt = Given.Quiet.Seen.At };
        await SetAsync(Given.Account, Given.Now, new AccountBook(Given.FullAccount() with { Version = 0, Health = health }, Given.Book().Leases), Given.Quiet);
        await ContinueAsync(Assert.Single(await Deadlines.ClaimDueAsync(Given.Now, Hold, 100, Cancellation)));

        var read = (await store.LoadAsync(Given.Account, Cancellation)).Account.Health!;

        Assert.Equal(health with { Block = Later.Seen.Block, At = Later.Seen.At, AvailableBalance = Later.Seen.AvailableBalance }, read);
        Assert.Equal(read, (await store.LoadAccountAsync(Given.Account, Cancellation)).Health);
    }

    [Fact]
    public async Task An_account_that_changed_meanwhile_is_not_taken_for_verified()
    {
        var book = await SetAsync(Given.Account, Given.Now, quiet: Given.Quiet);
        var due = Assert.Single(await Deadlines.ClaimDueAsync(Given.Now, Hold, 100, Cancellation));
        await SetAsync(Given.Account, Given.Now.AddSeconds(2), book);

        await ContinueAsync(due);

        var again = Assert.Single(await Deadlines.ClaimDueAsync(Given.Now.AddSeconds(2), Hold, 100, Cancellation));
        Assert.Null(again.ReadGlance());
    }

    [Fact]
    public async Task An_account_that_is_to_be_looked_at_sooner_is_not_put_off_by_a_glance()
    {
        await SetAsync(Given.Account, Given.Now, quiet: Given.Quiet);
        var due = Assert.Single(await Deadlines.ClaimDueAsync(Given.Now, Hold, 100, Cancellation));
        await Deadlines.BringForwardAsync(Given.Account, Given.Now.AddSeconds(1), Cancellation);

        await ContinueAsync(due);

        Assert.Equal([Given.Account], await ClaimAsync(Given.Now.AddSeconds(1)));
    }

    /// <summary>Else nobody could look at it any more, and write another one.</summary>
    [Fact]
    public async Task A_glance_that_cannot_be_read_says_nothing_of_its_account()
    {
        var health = Given.FullAccount().Health! with { LastChanged = Given.Quiet.Seen.LastChanged };
        await SetAsync(Given.Account, Given.Now, new AccountBook(Given.FullAccount() with { Version = 0, Health = health }, Given.Book().Leases), Given.Quiet);
        await Database.HashSetAsync(RedisKeys.Of(Given.Account).InShard.Glances, Given.Account.ToString(), """{"v":9}""");

        Assert.Equal(health, (await new AccountStore(Redis).LoadAsync(Given.Account, Cancellation)).Account.Health);
        Assert.Null(Assert.Single(await Deadlines.ClaimDueAsync(Given.Now, Hold, 100, Cancellation)).ReadGlance());
    }

    private static QuietAccount Later => Given.Quiet with
    {
        Seen = Given.Quiet.Seen with { Block = new BlockNumber(99), At = Given.Quiet.Seen.At.PlusSeconds(60), AvailableBalance = TokenAmount.FromWei(-7) },
    };

    private Task ContinueAsync(DueAccount due) =>
        Deadlines.ContinueAsync([new GlancedAccount(due, Later, Given.Now.AddSeconds(60))], Given.Now + Hold, Cancellation);

    private async Task<IReadOnlyList<AccountKey>> ClaimAsync(DateTimeOffset now) =>
        [.. (await Deadlines.ClaimDueAsync(now, Hold, 100, Cancellation)).Select(d => d.Account)];

    private async Task<AccountBook> SetAsync(AccountKey account, DateTimeOffset? deadline, AccountBook? book = null, QuietAccount? quiet = null)
    {
        var before = book ?? AccountBook.Empty(account);
        var result = await new AccountStore(Redis).CommitAsync(before, before, [], new NextLook(deadline, quiet), Given.Now, Cancellation);
        return Assert.IsType<CommitResult.Committed>(result).Book;
    }
}
