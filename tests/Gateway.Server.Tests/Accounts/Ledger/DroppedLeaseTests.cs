using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Leases;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Leases.Requests;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>A lease that ended long before a closed period did: nothing of it is left but what others add up to.</summary>
public sealed class DroppedLeaseTests(SteppedWorld stepped) : PeriodTest(stepped), IClassFixture<SteppedWorld>
{
    [Fact]
    public async Task Statements_of_payer_and_payee_and_their_verification_are_the_same_to_the_byte_before_and_after_and_whoever_names_it_hears_that_it_is_not_there()
    {
        await using var gateway = await NewDailyAsync(KeptTwoDays);
        var (account, node, first, _) = await RunningWithAsync(gateway);
        var second = await StoreAsync(
            gateway, account, [node, NewNode().Address], Rate + Rate, static (meter, at) => (meter.Told(MeterPhase.Running, at.AddMilliseconds(777), at.AddMilliseconds(777)), at));
        await DaysAsync(1);
        var ended = (await HeadAsync()).Time.ToDateTimeOffset().AddMilliseconds(-123);
        await ChangeAsync(gateway, account, first.Id, l => l with { State = LeaseState.Closed, ClosedAt = ended, Meter = l.Meter.Ended(ended) });
        await DaysAsync(46);
        while (await CloseAsync(gateway, account) > 0)
        {
            // Some at a time.
        }

        var oldest = await OldestKeptAsync(gateway, account);
        var names = await gateway.Get<PeriodStore>().NamesAsync(account, new BlockTime(oldest.UnixSeconds + 1), new BlockTime(long.MaxValue), Cancellation);
        var before = await AllAsync(gateway, account, oldest, names);
        var earned = StatementMapping.ToJson(await GetOfPayeeAsync(gateway, Aleph, node, oldest.UnixSeconds));

        Assert.True(await gateway.Get<LedgerCompaction>().RunAsync(account, Cancellation) > 0);
        Assert.Equal(0, await gateway.Get<LedgerCompaction>().RunAsync(account, Cancellation));

        Assert.Equal(1, (await gateway.Get<EndedLeases>().DroppedAsync(account, Cancellation)).Count);
        var after = await AllAsync(gateway, account, oldest, names);
        Assert.Equal(before.Select(b => b.Text), after.Select(a => a.Text));
        Assert.Equal(before.Select(b => b.Lines), after.Select(a => a.Lines));
        Assert.All(after.SelectMany(a => a.Lines), l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{l}"));
        Assert.Contains(after[0].Lines, l => l.What == "opening carry");
        Assert.Equal(earned, StatementMapping.ToJson(await GetOfPayeeAsync(gateway, Aleph, node, oldest.UnixSeconds)));

        await JournalIsReadAsync(gateway);
        var missing = RefusalMapping.Of(await Assert.ThrowsAsync<LeaseNotFoundException>(() => gateway.Get<LeaseReader>().GetAsync(first.Id, Cancellation)));
        Assert.Equal("LEASE_NOT_FOUND", missing.Reason);
        var listed = await gateway.Get<LeaseListing>().ListAsync(
            new LeaseFilter { Payer = account.Payer, SuperToken = account.SuperToken }, 100, pageToken: null, Cancellation);
        Assert.Equal([second.Id], listed.Leases.Select(l => l.Id));
    }

    [Fact]
    public async Task Its_id_opens_no_other_lease_while_its_scheduler_might_come_back()
    {
        await using var gateway = await NewDailyAsync(KeptTwoDays);
        var (account, node, lease, payer) = await RunningWithAsync(gateway);
        await CallCfaAsync(payer, FlowCalls.AuthorizeFully(Aleph, Chain.Accounts.Operator.Address));
        await gateway.Get<LeaseClaims>().ClaimAsync(lease.Id, account, Cancellation);
        await DaysAsync(1);
        var ended = (await HeadAsync()).Time.ToDateTimeOffset();
        await ChangeAsync(gateway, account, lease.Id, l => l with { State = LeaseState.Closed, ClosedAt = ended, Meter = l.Meter.Ended(ended) });
        await DaysAsync(46);
        while (await CloseAsync(gateway, account) > 0)
        {
            // Some at a time.
        }

        // Nothing happened since, so that no later day was closed for its own sake: it goes all the same.
        await gateway.Get<LedgerCompaction>().RunAsync(account, Cancellation);
        var request = new Wire.OpenLeaseRequest
        {
            LeaseId = lease.Id.Value,
            VmId = "vm",
            Payer = Eip55.Format(account.Payer),
            Token = Aleph.ToString(),
            Price = new Wire.Price { FlowRate = Rate.ToDecimal() },
            Payees = { new Wire.Payee { Address = Eip55.Format(node), SharePpm = 1_000_000, Role = "node" } },
        };

        await JournalIsReadAsync(gateway);
        Assert.Null(await gateway.Get<AccountStore>().FindLeaseAsync(lease.Id, Cancellation));
        var refused = RefusalMapping.Of(await Assert.ThrowsAsync<LeaseExistsException>(
            () => gateway.Get<OpenLease>().RunAsync(OpenOrder.Read(request, gateway.Get<LeaseRules>()), Cancellation)));

        Assert.Equal("LEASE_EXISTS", refused.Reason);
    }

    /// <summary>No lane steps here that would read it.</summary>
    private static Task<bool[]> JournalIsReadAsync(SteppedGateway gateway) => gateway.Get<RedisConnection>().ReadAsync(
        "TEST", d => Task.WhenAll(Enumerable.Range(0, RedisKeys.Shards).Select(s => d.StringSetAsync(RedisKeys.OfShard(s).Journal, 1))), Cancellation);
}
