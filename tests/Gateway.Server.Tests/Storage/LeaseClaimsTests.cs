using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class LeaseClaimsTests(StorageKind kind) : StorageTest(kind)
{
    private static readonly LeaseId Id = LeaseId.Parse("lease-1");
    private static readonly AccountKey Mine = Given.Account;
    private static readonly AccountKey Theirs = new(Given.Token, Given.Address(0xee));

    private AccountStore Store => new(Redis);

    private LeaseClaims Claims => new(Redis, Store);

    [Fact]
    public async Task An_unclaimed_id_is_claimed_and_leads_to_its_account()
    {
        Assert.IsType<LeaseClaim.Claimed>(await Claims.ClaimAsync(Id, Mine, Cancellation));

        Assert.Equal(Mine, await Store.FindAccountAsync(Id, Cancellation));
        Assert.Null(await Store.FindLeaseAsync(Id, Cancellation));
    }

    [Fact]
    public async Task A_claim_may_be_repeated_by_its_account()
    {
        await Claims.ClaimAsync(Id, Mine, Cancellation);

        Assert.IsType<LeaseClaim.Claimed>(await Claims.ClaimAsync(Id, Mine, Cancellation));
    }

    [Fact]
    public async Task An_existing_lease_is_shown_to_whoever_claims_its_id()
    {
        await Claims.ClaimAsync(Id, Mine, Cancellation);
        await OpenAsync(Mine);

        var mine = Assert.IsType<LeaseClaim.Exists>(await Claims.ClaimAsync(Id, Mine, Cancellation));
        var theirs = Assert.IsType<LeaseClaim.Exists>(await Claims.ClaimAsync(Id, Theirs, Cancellation));

        Assert.All([mine, theirs], c => Assert.Equal((Mine, "f-lease-1"), (c.Lease.Account, c.Lease.Fingerprint)));
    }

    [Fact]
    public async Task An_ended_lease_keeps_its_id()
    {
        await Claims.ClaimAsync(Id, Mine, Cancellation);
        var before = AccountBook.Empty(Mine);
        await Store.CommitAsync(before, before.With(Given.Lease(Id.Value, Mine) with { State = LeaseState.Closed }), [], NextLook.Never, Given.Now, Cancellation);

        Assert.IsType<LeaseClaim.Exists>(await Claims.ClaimAsync(Id, Theirs, Cancellation));
    }

    [Fact]
    public async Task A_claim_without_a_lease_is_taken_over()
    {
        await Claims.ClaimAsync(Id, Theirs, Cancellation);

        Assert.IsType<LeaseClaim.Claimed>(await Claims.ClaimAsync(Id, Mine, Cancellation));
        await OpenAsync(Mine);

        Assert.Equal(Mine, (await Store.FindLeaseAsync(Id, Cancellation))!.Account);
    }

    [Fact]
    public async Task Whoever_lost_his_claim_cannot_store_his_lease()
    {
        await Claims.ClaimAsync(Id, Theirs, Cancellation);
        await Claims.ClaimAsync(Id, Mine, Cancellation);

        var lost = await Assert.ThrowsAsync<LeaseIdTakenException>(() => OpenAsync(Theirs));

        Assert.Equal(Id, lost.Lease);
        Assert.Empty((await Store.LoadAsync(Theirs, Cancellation)).Leases);
        Assert.IsType<CommitResult.Committed>(await OpenAsync(Mine));
    }

    [Fact]
    public async Task Whoever_lost_his_claim_may_claim_again()
    {
        await Claims.ClaimAsync(Id, Theirs, Cancellation);
        await Claims.ClaimAsync(Id, Mine, Cancellation);
        await Claims.ClaimAsync(Id, Theirs, Cancellation);

        Assert.IsType<CommitResult.Committed>(await OpenAsync(Theirs));
        await Assert.ThrowsAsync<LeaseIdTakenException>(() => OpenAsync(Mine));
    }

    [Fact]
    public async Task A_take_over_that_stopped_half_way_leaves_the_id_with_its_account()
    {
        await Claims.ClaimAsync(Id, Theirs, Cancellation);
        var shard = RedisKeys.Of(Theirs).InShard;
        await Redis.RunAsync(
            RedisScript.VoidClaim, [RedisKeys.Of(Theirs).Account, shard.EndedLease(Id), shard.Void(Id)], [Id.Value, 1, 60], Cancellation);
        await Assert.ThrowsAsync<LeaseIdTakenException>(() => OpenAsync(Theirs));

        Assert.IsType<LeaseClaim.Claimed>(await Claims.ClaimAsync(Id, Theirs, Cancellation));

        Assert.IsType<CommitResult.Committed>(await OpenAsync(Theirs));
    }

    [Fact]
    public async Task An_older_bar_is_lifted_and_a_newer_one_stays()
    {
        var key = RedisKeys.Of(Mine).InShard.Void(Id);
        await Database.StringSetAsync(key, 5);

        Assert.Equal(0, (int)await Redis.RunAsync(RedisScript.UnvoidClaim, [key], [5], Cancellation));
        Assert.Equal(1, (int)await Redis.RunAsync(RedisScript.UnvoidClaim, [key], [6], Cancellation));
        Assert.False(await Database.KeyExistsAsync(key));
    }

    [Fact]
    public async Task Of_64_claims_at_once_by_one_account_all_succeed_and_one_lease_is_stored()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            if (await Claims.ClaimAsync(Id, Mine, Cancellation) is LeaseClaim.Exists)
                return false;
            return await OpenAsync(Mine) is CommitResult.Committed;
        }));

        Assert.Single(outcomes, committed => committed);
        Assert.Equal(1UL, (await Store.LoadAsync(Mine, Cancellation)).Account.Version);
    }

    [Fact]
    public async Task Of_many_accounts_that_claim_an_id_at_once_one_gets_a_lease()
    {
        var accounts = Enumerable.Range(1, 8).Select(i => new AccountKey(Given.Token, Given.Address(0x1000 + i))).ToList();

        var stored = await Task.WhenAll(accounts.Select(async account =>
        {
            try
            {
                return await Claims.ClaimAsync(Id, account, Cancellation) is LeaseClaim.Claimed && await OpenAsync(account) is CommitResult.Committed;
            }
            catch (Exception e) when (e is LeaseIdTakenException or StoreUnavailableException)
            {
                return false; // Another one has it, or they all fight over it.
            }
        }));

        Assert.InRange(stored.Count(s => s), 0, 1);
        var owner = await Store.FindAccountAsync(Id, Cancellation);
        for (var i = 0; i < accounts.Count; i++)
            Assert.Equal(stored[i] && accounts[i] == owner, (await Store.LoadAsync(accounts[i], Cancellation)).Leases.ContainsKey(Id));
    }

    private async Task<CommitResult> OpenAsync(AccountKey account)
    {
        var before = AccountBook.Empty(account);
        return await Store.CommitAsync(before, before.With(Given.Lease(Id.Value, account)), [], NextLook.Never, Given.Now, Cancellation);
    }
}
