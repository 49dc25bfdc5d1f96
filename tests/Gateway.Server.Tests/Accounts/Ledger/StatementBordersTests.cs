using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Tests.Hosting;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Which times may be asked for, and what a statement says that is not of its time.</summary>
public sealed class StatementBordersTests(SteppedWorld stepped) : PeriodTest(stepped), IClassFixture<SteppedWorld>
{
    [Fact]
    public async Task What_has_not_begun_by_the_last_block_is_refused_by_its_field_and_never_made_up()
    {
        await using var gateway = await NewDailyAsync();
        var (account, node, _, _) = await RunningWithAsync(gateway);
        var head = (await HeadAsync()).Time.UnixSeconds;
        var now = await GetAsync(gateway, account, head);

        var later = await RefusedAsync(gateway, account, new Wire.GetStatementRequest { From = Second(head + 1) });
        var distant = await RefusedAsync(gateway, account, new Wire.GetStatementRequest { From = Second(4_102_444_800), To = Second(4_102_444_900) });
        var named = await RefusedAsync(gateway, account, new Wire.GetStatementRequest { Period = "2100-01" });
        var last = await RefusedAsync(gateway, account, new Wire.GetStatementRequest { Period = "9999-12" });
        var ofPayee = await Assert.ThrowsAsync<InvalidRequestException>(() => GetOfPayeeAsync(gateway, Aleph, node, head + 1));

        Assert.Equal(["from", "from", "period", "period"], [later, distant, named, last]);
        Assert.Equal("from", Assert.Single(ofPayee.Problems).Field);
        Assert.Equal(("0", "0"), (now.Streamed, now.Used));
    }

    private static async Task<string> RefusedAsync(SteppedGateway gateway, AccountKey account, Wire.GetStatementRequest request)
    {
        (request.Payer, request.Token) = (account.Payer.ToString(), account.SuperToken.ToString());
        var refused = await Assert.ThrowsAsync<InvalidRequestException>(() => gateway.Get<StatementDesk>().GetAsync(request, Cancellation));
        return Assert.Single(refused.Problems).Field;
    }

    /// <summary>What a lease costs, and what flows on chain, is that of the moment: asked later it could not be told again, and nobody could verify it.</summary>
    [Fact]
    public async Task A_closed_statement_holds_nothing_of_the_moment_at_which_it_was_closed()
    {
        await using var gateway = await NewDailyAsync();
        var (account, _, lease, _) = await RunningWithAsync(gateway);
        await DaysAsync(2);
        await ChangeAsync(gateway, account, lease.Id, l => l with { Rate = Rate + Rate });
        var open = await GetAsync(gateway, account);
        Assert.True(await CloseAsync(gateway, account) >= 1);

        var closed = await PeriodAsync(gateway, account, (await LastClosedAsync(gateway, account)).Name);

        Assert.Equal((Rate + Rate).ToDecimal(), Assert.Single(Assert.Single(open.Leases).Legs).FlowRate);
        Assert.Empty(Assert.Single(closed.Leases).Legs);
        Assert.Single(closed.Leases[0].Parts);
    }

    private static async Task<Server.Storage.ClosedPeriod> LastClosedAsync(SteppedGateway gateway, AccountKey account) =>
        (await gateway.Get<Server.Storage.PeriodStore>().LastAsync(account, Cancellation))!; // It was closed.
}
