using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Accounts.Verifying;
using Gateway.Server.Operations;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Settlement;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Rebuilding;

/// <summary>A Redis that is emptied after a period was closed: what comes back of statements, and what does not.</summary>
public sealed class LostLedgerTests(SteppedWorld stepped) : RebuildTest(stepped)
{
    private const ulong Day = 86_400;

    private readonly ShiftedTime _time = new();

    [Fact]
    public async Task What_flowed_in_a_closed_period_comes_back_by_itself_to_the_wei_and_what_was_used_does_not()
    {
        await using var gateway = await StartWithAsync(_time, [new("Gateway:Statements:Period", "Day"), new("Gateway:Statements:CloseAfter", "01:00:00")]);
        await OpenAsync(gateway, "ledger", 1_000_000_007);
        await PassAsync(2 * Day);
        Assert.True(await gateway.Get<PeriodCloser>().CloseDueAsync(Account, await HeadAsync(), Cancellation) > 0);
        var last = (await gateway.Get<PeriodStore>().LastAsync(Account, Cancellation))!; // One was closed.
        var closed = await GetAsync(gateway, last);
        var exported = await ExportedAsync(gateway);
        Assert.Equal(last.Sha256, closed.Closed.Sha256);
        Assert.NotEqual(("0", "0"), (closed.Streamed, closed.Used));

        await EmptyAsync();
        await gateway.Get<Rebuild>().RunAsync(dryRun: false, Cancellation);
        while ((await gateway.Get<LedgerStep>().RunOnceAsync(Cancellation)).Moved > 0)
            Cancellation.ThrowIfCancellationRequested();

        var ledger = (await gateway.Get<LedgerStore>().ReadAsync(Account, Cancellation))!; // It was stored.
        Assert.Equal((await HeadAsync(), (string?)null), (ledger.Ledger.Through, ledger.Mismatch));
        var again = await GetAsync(gateway, last);
        Assert.Equal((closed.Flows, closed.Buffers, closed.Streamed), (again.Flows, again.Buffers, again.Streamed));
        Assert.Equal(closed.Payees.Select(p => (p.Payee, p.Streamed)), again.Payees.Select(p => (p.Payee, p.Streamed)));
        Assert.Equal((true, ""), (again.Verified, again.Mismatch));
        // It is drawn up now, from what is known now: that is not what was stated then, which only the files still say.
        Assert.Null(again.Closed);
        Assert.Equal("0", again.Used);
        Assert.Contains(closed.Used, Assert.Single(exported, e => e.Closed.Name == last.Name).Json, StringComparison.Ordinal);
        Assert.Empty(await ExportedAsync(gateway));
        // Nobody knows any more what was used of it: what was streamed until then is neither owed nor ahead.
        var whole = new Wire.GetStatementRequest { Payer = Account.Payer.ToString(), Token = Account.SuperToken.ToString() };
        Assert.Equal("0", (await gateway.Get<StatementDesk>().GetAsync(whole, Cancellation)).OpeningCarry);
        var lines = await gateway.Get<StatementVerifier>().RunAsync(whole, Cancellation).ToListAsync(Cancellation);
        Assert.DoesNotContain(lines, l => l.Verdict == Wire.Verdict.Different);
        Assert.Single(lines, l => l.What == "opening carry" && l.Verdict == Wire.Verdict.Unknown);
    }

    private async Task<List<Wire.ExportedStatement>> ExportedAsync(SteppedGateway gateway)
    {
        List<Wire.ExportedStatement> exported = [];
        await foreach (var statement in gateway.Get<StatementExport>().RunAsync(new Wire.ExportStatementsRequest(), Cancellation))
        {
            if (Address.Parse(statement.Payer) == Account.Payer)
                exported.Add(statement);
        }

        return exported;
    }

    private Task<Wire.Statement> GetAsync(SteppedGateway gateway, ClosedPeriod period) => gateway.Get<StatementDesk>().GetAsync(
        new Wire.GetStatementRequest
        {
            Payer = Account.Payer.ToString(),
            Token = Account.SuperToken.ToString(),
            From = period.From.ToDateTimeOffset().ToTimestamp(),
            To = period.To.ToDateTimeOffset().ToTimestamp(),
        },
        Cancellation);

    private async Task<BlockRef> HeadAsync() => (await Stepped.World.Chain.Anvil.Rpc.GetLatestBlockAsync(Cancellation)).Block;

    /// <summary>The gateway's clock with the chain's.</summary>
    private async Task PassAsync(ulong seconds)
    {
        var next = (await HeadAsync()).Time.PlusSeconds(seconds);
        await Stepped.World.Chain.Anvil.Control.SetNextBlockTimeAsync(next, Cancellation);
        await Stepped.World.Chain.Anvil.Control.MineAsync(Cancellation);
        _time.Advance(next.ToDateTimeOffset() - _time.GetUtcNow());
    }
}
