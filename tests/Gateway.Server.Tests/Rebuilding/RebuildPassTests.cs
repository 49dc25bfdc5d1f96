using Gateway.Chain.Superfluid;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Evaluation;
using Gateway.Server.Leases;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Requests;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Operations;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Grpc.Core;
using StackExchange.Redis;
using Superfluid.Gateway.V1;
using Xunit;

namespace Gateway.Server.Tests.Rebuilding;

/// <summary>A Redis that is emptied between two steps, on the real contracts: what comes back, and what is said of the rest.</summary>
public sealed class RebuildPassTests(SteppedWorld stepped) : RebuildTest(stepped)
{
    [Fact]
    public async Task A_dry_run_says_what_would_come_back_and_changes_nothing()
    {
        await using var gateway = await StartAsync();
        await OpenAsync(gateway, "dry", 1_000_000_007);
        await EmptyAsync();

        var asked = await gateway.Get<Rebuild>().RunAsync(dryRun: true, Cancellation);
        var untouched = await gateway.Get<AccountStore>().LoadAsync(Account, Cancellation);
        var done = await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);
        var again = await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);

        Assert.Equal((0UL, 0), (untouched.Account.Version, untouched.Leases.Count));
        Assert.Equal(("1000000007", true), (Of(asked).FlowRate, Of(asked).RestoredNow));
        Assert.Equal((true, false), (Of(done).RestoredNow, Of(again).RestoredNow));
        Assert.Equal(Of(done).RestoredAt, Of(again).RestoredAt);
        Assert.DoesNotContain(again.Unexplained, f => f.Payer == Of(done).Payer);

        Superfluid.Gateway.V1.RestoredLease Of(RebuildReport report) => Assert.Single(report.Leases, l => l.LeaseId == "dry");
    }

    [Fact]
    public async Task What_the_payer_streams_beyond_our_leases_comes_back_as_his_own()
    {
        await using var gateway = await StartAsync();
        await CallCfaAsync(FlowCalls.Create(Account.SuperToken, Node, FlowRate.FromWeiPerSecond(77)));
        await OpenAsync(gateway, "foreign", 1_000_000_000);
        await EmptyAsync();

        var report = await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);

        var book = await gateway.Get<AccountStore>().LoadAsync(Account, Cancellation);
        Assert.Equal((77, 800_000_077), ((long)book.Account.Flows[Node].Foreign.WeiPerSecond, (long)book.Account.Flows[Node].Desired.WeiPerSecond));
        var told = Assert.Single(report.Unexplained, f => f.Payer == Gateway.Chain.Signing.Eip55.Format(Payer.Address));
        Assert.Equal(("77", "0", false), (told.Foreign, told.Unclaimed, told.Orphan));
    }

    [Fact]
    public async Task Leases_that_the_journal_had_no_room_for_are_told_of_and_claimed_when_they_are_opened_again()
    {
        await using var gateway = await StartAsync();
        string[] ids = [.. Enumerable.Range(0, 6).Select(i => $"{new string('x', 60)}-{i}")];
        foreach (var id in ids)
            await OpenAsync(gateway, id, 1_000_000_000);
        await EmptyAsync();

        var report = await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);
        foreach (var id in ids)
            await RequestAsync(gateway, id, 1_000_000_000);
        var book = await gateway.Get<AccountStore>().LoadAsync(Account, Cancellation);

        var told = report.Unexplained.Where(f => f.Payer == Gateway.Chain.Signing.Eip55.Format(Payer.Address)).ToList();
        Assert.Equal(2, told.Count);
        Assert.All(told, f => Assert.Equal((true, 6u, f.OnChain), (f.Orphan, f.UnclaimedLeases, f.Unclaimed)));
        Assert.All(book.Account.Flows.Values, f => Assert.Equal((f.Observed.Rate, FlowRate.Zero, UnclaimedRate.None), (f.Desired, f.Foreign, f.Unclaimed)));
        Assert.Equal(6, book.Leases.Count);
    }

    /// <summary>It shared a flow with so many that only their number is in the journal.</summary>
    [Fact]
    public async Task A_lost_lease_without_a_name_is_not_said_to_be_gone_and_is_closed_once_it_was_opened_again()
    {
        await using var gateway = await StartAsync();
        string[] ids = [.. Enumerable.Range(0, 6).Select(i => $"{new string('y', 60)}-{i}")];
        foreach (var id in ids)
            await OpenAsync(gateway, id, 1_000_000_000);
        await EmptyAsync();
        await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);
        await SayReadAsync();

        var refused = await Assert.ThrowsAsync<LeaseMayBeLostException>(() => CloseAsync(ids[0]));
        foreach (var id in ids)
            await RequestAsync(gateway, id, 1_000_000_000);
        // Of other tests there is more on this chain.
        await DatabaseAsync(database => database.KeyDeleteAsync(RedisKeys.Unclaimed));
        await gateway.Get<UnclaimedAccounts>().AddAsync(Account, Cancellation);
        var before = await AccountsUnclaimedAsync();
        await Assert.ThrowsAsync<LeaseNotFoundException>(() => CloseAsync("nobodys"));
        var after = await AccountsUnclaimedAsync();
        var closing = await CloseAsync(ids[0]);

        Assert.Equal((StatusCode.FailedPrecondition, 422, "LEASE_MAY_BE_LOST"), (Of(refused).Code, Of(refused).HttpStatus, Of(refused).Reason));
        Assert.Equal(ids[0], Of(refused).Metadata["lease_id"]);
        Assert.Equal(Domain.Leases.LeaseState.Closing, closing.Lease.State);
        Assert.All(closing.Account.Flows.Values, f => Assert.True(f.Desired < f.Observed.Rate));
        Assert.False(closing.Account.HasUnclaimed);
        Assert.Equal([Account.ToString()], before);
        Assert.Empty(after);

        Problem Of(Exception exception) => RefusalMapping.Of(exception);

        async Task<IEnumerable<string>> AccountsUnclaimedAsync()
        {
            RedisValue[] members = [];
            await DatabaseAsync(async database => members = await database.SetMembersAsync(RedisKeys.Unclaimed));
            return members.Select(m => m.ToString());
        }

        Task<LeaseView> CloseAsync(string id) => gateway.Get<CloseLease>().RunAsync(
            new CloseOrder(LeaseId.Parse(id), TimeProvider.System.GetUtcNow(), IsDated: false, Wait: null), Cancellation);
    }

    /// <summary>The journal of the closing operation does not name it any more.</summary>
    [Fact]
    public async Task A_lease_that_was_closed_does_not_come_back()
    {
        await using var gateway = await StartAsync();
        await OpenAsync(gateway, "stays", 1_000_000_000);
        await OpenAsync(gateway, "goes", 2_000_000_000);
        await gateway.Get<AccountSession>().ChangeAsync(
            Account, book => AccountMachine.Close(book, LeaseId.Parse("goes"), TimeProvider.System.GetUtcNow(), traceParent: null), Cancellation);
        await SettleAsync(gateway);
        await EmptyAsync();

        await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);

        Assert.Equal(["stays"], (await gateway.Get<AccountStore>().LoadAsync(Account, Cancellation)).Leases.Keys.Select(l => l.Value));
    }

    [Fact]
    public async Task A_lease_whose_flow_its_payer_has_closed_meanwhile_does_not_come_back_and_is_listed()
    {
        await using var gateway = await StartAsync();
        await OpenAsync(gateway, "cut", 1_000_000_000);
        await EmptyAsync();
        await CallCfaAsync(FlowCalls.Delete(Account.SuperToken, Account.Payer, Node));

        var report = await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);

        var book = await gateway.Get<AccountStore>().LoadAsync(Account, Cancellation);
        Assert.Contains("cut", report.DoubtfulLeaseIds);
        Assert.Empty(book.Leases);
        // What its payer has left of it is kept, and claimed by whoever opens it again.
        var left = Assert.Single(book.Account.Flows.Values);
        Assert.Equal((Community, FlowRate.FromWeiPerSecond(200_000_000), 1u), (left.Payee, left.Unclaimed.Rate, left.Unclaimed.Leases));
        Assert.Equal(left.Observed.Rate, left.Desired);
    }

    [Fact]
    public async Task What_a_payer_does_to_his_flow_afterwards_pauses_the_lease_that_came_back()
    {
        await using var gateway = await StartAsync();
        await OpenAsync(gateway, "back", 1_000_000_000);
        await EmptyAsync();
        await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);
        var restored = (await gateway.Get<AccountStore>().LoadAsync(Account, Cancellation)).Leases[LeaseId.Parse("back")];

        await CallCfaAsync(FlowCalls.Delete(Account.SuperToken, Account.Payer, Node));
        await gateway.Get<AccountEvaluator>().EvaluateAsync(Account, at: null, Cancellation);

        var paused = (await gateway.Get<AccountStore>().LoadAsync(Account, Cancellation)).Leases[LeaseId.Parse("back")];
        Assert.Equal((Domain.Leases.LeaseState.Active, Domain.Leases.Execution.Run), (restored.State, restored.Execution));
        Assert.Equal((Domain.Leases.LeaseState.Paused, Domain.Leases.Reason.FlowClosedByPayer), (paused.State, paused.Reason));
    }

    /// <summary>The account is at an older state than its flows: what was opened since comes back, what was closed since is not paid again.</summary>
    [Fact]
    public async Task A_Redis_that_was_set_back_gets_the_newer_lease_back_and_does_not_pay_the_older_one_again()
    {
        await using var gateway = await StartAsync();
        await OpenAsync(gateway, "older", 1_000_000_000);
        await using var admin = await ConnectionMultiplexer.ConnectAsync(Stepped.World.Redis + ",allowAdmin=true");
        var snapshot = await Storage.StoreSnapshot.TakeAsync(admin, Cancellation);
        await OpenAsync(gateway, "newer", 2_000_000_000);
        await gateway.Get<AccountSession>().ChangeAsync(
            Account, book => AccountMachine.Close(book, LeaseId.Parse("older"), TimeProvider.System.GetUtcNow(), traceParent: null), Cancellation);
        await SettleAsync(gateway);
        await snapshot.RestoreAsync(admin);

        var report = await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);

        var book = await gateway.Get<AccountStore>().LoadAsync(Account, Cancellation);
        Assert.Equal(["older"], report.HeldLeaseIds);
        Assert.Equal(Domain.Leases.LeaseState.Active, book.Leases[LeaseId.Parse("newer")].State);
        Assert.All(book.Account.Flows.Values, f => Assert.Equal(f.Observed.Rate, f.Desired));
    }
}
