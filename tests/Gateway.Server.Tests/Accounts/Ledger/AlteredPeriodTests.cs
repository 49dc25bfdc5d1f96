using System.Security.Cryptography;
using System.Text;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Storage;
using Gateway.Server.Storage.Documents;
using Gateway.Server.Tests.Hosting;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Verification of closed periods that were altered where they are kept, and of those that say what is no longer so, and rightly.</summary>
public sealed class AlteredPeriodTests(SteppedWorld stepped) : PeriodTest(stepped), IClassFixture<SteppedWorld>
{
    /// <summary>Each is altered so that it adds up, and has its own SHA-256.</summary>
    [Fact]
    public async Task Whatever_is_altered_of_a_closed_period_is_found()
    {
        await using var gateway = await NewDailyAsync();
        var (account, name) = await ClosedAsync(gateway);
        var request = new Wire.GetStatementRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString(), Period = name };
        Assert.All(await VerifyAsync(gateway, request), l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{l}"));
        var told = await PeriodAsync(gateway, account, name);
        var (first, second) = (told.Payees[0].Payee, told.Payees[1].Payee);
        var gone = told.Leases[^1];

        await AssertFoundAsync($"used of {first}", s => UseMoves(s, 1_000));
        await AssertFoundAsync($"opening carry of {second}", s => OpeningMoves(s, 1_000));
        await AssertFoundAsync($"use of {gone.LeaseId}", Without);
        await AssertFoundAsync("hands and buffer of flow", s => s.Flows[0].EndedHand = Wire.FlowHand.Liquidator);
        await AssertFoundAsync("hands and buffer of flow", s => s.Flows[0].BufferDeposit = Plus(s.Flows[0].BufferDeposit, 1));
        await AssertFoundAsync("flow to", s => s.Flows[0].EndedBy = s.Flows[0].OpenedBy);
        await AssertFoundAsync("SHA-256", s => s.Leases[0].VmId = "another", isHashed: false);

        async Task AssertFoundAsync(string what, Action<Wire.Statement> alter, bool isHashed = true)
        {
            var kept = (await gateway.Get<PeriodStore>().ReadAsync(account, name, Cancellation))!; // It was closed.
            var statement = Wire.Statement.Parser.ParseJson(kept.Statement);
            alter(statement);
            var text = StatementMapping.ToJson(statement);
            Assert.NotEqual(kept.Statement, text);
            await PutAsync(gateway, account, kept with { Statement = text, Sha256 = isHashed ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))) : kept.Sha256 });
            var different = (await VerifyAsync(gateway, request)).Where(l => l.Verdict == Wire.Verdict.Different).Select(l => l.What).ToList();
            Assert.True(different.Exists(d => d.StartsWith(what, StringComparison.Ordinal)), $"{what}: {string.Join(", ", different)}");
            await PutAsync(gateway, account, kept);
        }

        void Without(Wire.Statement s)
        {
            s.Leases.Remove(s.Leases.Single(l => l.LeaseId == gone.LeaseId));
            var part = TokenAmount.Parse(gone.Used);
            (s.Used, s.Carried, s.ClosingCarry) = (Plus(s.Used, -part), Plus(s.Carried, part), Plus(s.ClosingCarry, part));
            var payee = s.Payees.Single(p => p.Payee == gone.Parts[0].Payee);
            (payee.Used, payee.ClosingCarry) = (Plus(payee.Used, -part), Plus(payee.ClosingCarry, part));
        }
    }

    [Fact]
    public async Task A_report_that_comes_late_and_crosses_the_border_of_two_closed_periods_leaves_both_equal()
    {
        await using var gateway = await NewDailyAsync();
        var (account, _, lease, _) = await RunningWithAsync(gateway);
        await DaysAsync(4);
        Assert.True(await CloseAsync(gateway, account) >= 3);
        var names = await gateway.Get<PeriodStore>().NamesAsync(account, default, new BlockTime(long.MaxValue), Cancellation);
        var border = (await gateway.Get<PeriodStore>().ReadAsync(account, names[^2], Cancellation))!.To.ToDateTimeOffset(); // It was closed.
        var (stopped, again) = (border.AddHours(-1), border.AddHours(1));

        await ChangeAsync(gateway, account, lease.Id, l => l with { Meter = l.Meter.Told(MeterPhase.Stopped, stopped, stopped).Told(MeterPhase.Running, again, again) });
        await AssertEqualAsync(gateway, account);
        await DaysAsync(2);
        Assert.True(await CloseAsync(gateway, account) >= 1);
        await AssertEqualAsync(gateway, account);
        // And once more, when the correction was closed as well.
        await ChangeAsync(gateway, account, lease.Id, l => l with { Meter = l.Meter.Told(MeterPhase.Stopped, again.AddHours(1), again.AddHours(1)).Told(MeterPhase.Running, again.AddHours(2), again.AddHours(2)) });
        await AssertEqualAsync(gateway, account);
    }

    private static async Task AssertEqualAsync(SteppedGateway gateway, AccountKey account)
    {
        foreach (var name in await gateway.Get<PeriodStore>().NamesAsync(account, default, new BlockTime(long.MaxValue), Cancellation))
        {
            var request = new Wire.GetStatementRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString(), Period = name };
            Assert.All(await VerifyAsync(gateway, request), l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{name}: {l}"));
        }
    }

    /// <summary>Two VMs with two payees; a flow to each, one of which changed. The second day of it is closed.</summary>
    private async Task<(AccountKey Account, string Name)> ClosedAsync(SteppedGateway gateway)
    {
        var (payer, node, second) = (await NewPayerAsync(), NewNode().Address, NewNode().Address);
        var account = new AccountKey(Aleph, payer.Address);
        await StoreAsync(gateway, account, [node, second], Rate, static (meter, at) => (meter.Told(MeterPhase.Running, at.AddMilliseconds(1), at.AddMilliseconds(1)), at));
        await StoreAsync(gateway, account, [node], Rate, static (meter, at) => (meter.Told(MeterPhase.Running, at.AddMilliseconds(5), at.AddMilliseconds(5)), at));
        foreach (var payee in new[] { node, second })
            await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, payee, Rate)));
        await DaysAsync(1);
        await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, Rate + Rate)));
        await DaysAsync(2);
        Assert.True(await CloseAsync(gateway, account) >= 2);
        return (account, (await gateway.Get<PeriodStore>().NamesAsync(account, default, new BlockTime(long.MaxValue), Cancellation))[1]);
    }

    private static void UseMoves(Wire.Statement statement, long wei)
    {
        var (one, other) = (statement.Payees[0], statement.Payees[1]);
        (one.Used, one.ClosingCarry) = (Plus(one.Used, wei), Plus(one.ClosingCarry, -wei));
        (other.Used, other.ClosingCarry) = (Plus(other.Used, -wei), Plus(other.ClosingCarry, wei));
    }

    private static void OpeningMoves(Wire.Statement statement, long wei)
    {
        var (one, other) = (statement.Payees[0], statement.Payees[1]);
        (one.OpeningCarry, one.ClosingCarry) = (Plus(one.OpeningCarry, wei), Plus(one.ClosingCarry, wei));
        (other.OpeningCarry, other.ClosingCarry) = (Plus(other.OpeningCarry, -wei), Plus(other.ClosingCarry, -wei));
    }

    private static string Plus(string amount, long wei) => Plus(amount, TokenAmount.FromWei(wei));

    private static string Plus(string amount, TokenAmount more) => (TokenAmount.Parse(amount) + more).ToDecimal();

    private static Task<bool> PutAsync(SteppedGateway gateway, AccountKey account, ClosedPeriod period) =>
        RedisOf(gateway, d => d.HashSetAsync(RedisKeys.Of(account).Periods, period.Name, PeriodDocument.Write(period)));
}
