using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Accounts.Verifying;
using Gateway.Server.Cli;
using Gateway.Server.Leases.Errors;
using Gateway.Server.Storage;
using Gateway.Server.Tests.Hosting;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>Periods that are over. Each test moves the chain's clock on by days, and the gateway's with it.</summary>
public sealed class ClosedPeriodTests(SteppedWorld stepped) : PeriodTest(stepped), IClassFixture<SteppedWorld>
{
    [Fact]
    public async Task A_closed_period_is_answered_with_the_same_bytes_whatever_comes_later_and_what_came_late_is_a_correction_in_the_next_one()
    {
        await using var gateway = await NewDailyAsync();
        var (account, node, lease) = await RunningAsync(gateway);
        await DaysAsync(3);
        var closed = await CloseAsync(gateway, account);
        Assert.True(closed >= 2);
        var first = await gateway.Get<PeriodStore>().LastEndingByAsync(account, await MiddleAsync(gateway, account), Cancellation);
        var told = await PeriodAsync(gateway, account, first!.Name);

        // An hour of it was no hour: the scheduler says so now.
        var late = first.To.ToDateTimeOffset().AddHours(-2);
        await ChangeAsync(gateway, account, lease.Id, l => l with { Meter = l.Meter.Told(MeterPhase.Stopped, late, late).Told(MeterPhase.Running, late.AddHours(1), late.AddHours(1)) });

        Assert.Equal(told, await PeriodAsync(gateway, account, first.Name));
        Assert.Equal(first.Sha256, told.Closed.Sha256);
        Assert.Equal(first.Sha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Unclosed(told)))));
        Assert.False(await gateway.Get<PeriodStore>().CloseAsync(account, first with { Statement = "{}" }, after: null, Cancellation));

        await DaysAsync(2);
        Assert.True(await CloseAsync(gateway, account) >= 1);
        var next = await NextAsync(gateway, account, closed);
        var hour = Rate.Over(3_600);
        Assert.Equal((-hour).ToDecimal(), Assert.Single(next.Leases).Correction);
        Assert.Equal("-3600s", next.Leases[0].CorrectionTime.ToDiagnosticString().Trim('"'));
        Assert.Equal((Rate.Over(Day) - hour).ToDecimal(), next.Used);
        await foreach (var line in gateway.Get<StatementVerifier>().RunAsync(
            new Wire.GetStatementRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString(), Period = first.Name }, Cancellation))
        {
            Assert.True(line.Verdict == Wire.Verdict.Equal, $"{line}");
        }

        Assert.Equal(next.Closed.Name, (await GetOfPayeeAsync(gateway, Aleph, node, (ulong)next.From.Seconds, (ulong)next.To.Seconds)).Closed.Name);
    }

    [Fact]
    public async Task Closed_periods_and_what_is_open_add_up_to_the_whole()
    {
        await using var gateway = await NewDailyAsync();
        var (account, node, _) = await RunningAsync(gateway);
        await DaysAsync(3);
        var whole = await GetAsync(gateway, account);
        Assert.True(await CloseAsync(gateway, account) >= 2);

        var names = await gateway.Get<PeriodStore>().NamesAsync(account, default, new BlockTime(long.MaxValue), Cancellation);
        List<Wire.Statement> parts = [];
        foreach (var name in names)
            parts.Add(await PeriodAsync(gateway, account, name));
        parts.Add(await GetAsync(gateway, account, (ulong)parts[^1].To.Seconds));

        Assert.Equal(whole.Streamed, Sum(parts.Select(p => p.Streamed)));
        Assert.Equal(whole.Used, Sum(parts.Select(p => p.Used)));
        Assert.Equal(whole.ClosingCarry, parts[^1].ClosingCarry);
        Assert.Equal(parts.Skip(1).Select(p => p.OpeningCarry), parts.SkipLast(1).Select(p => p.ClosingCarry));
        Assert.Equal(whole.Buffer.Taken, Sum(parts.Select(p => p.Buffer.Taken)));
        var earned = await GetOfPayeeAsync(gateway, Aleph, node, (ulong)parts[0].From.Seconds, (ulong)parts[0].To.Seconds);
        Assert.Equal((parts[0].Streamed, parts[0].Used), (earned.Streamed, earned.Used));
        Assert.Equal(parts[0].Closed.Name, earned.Closed.Name);
    }

    [Fact]
    public async Task Closed_periods_are_exported_once_each_and_what_is_there_is_never_written_over()
    {
        await using var gateway = await NewDailyAsync();
        var (account, _, _) = await RunningAsync(gateway);
        await DaysAsync(3);
        var closed = await CloseAsync(gateway, account);
        var directory = Directory.CreateTempSubdirectory("statements").FullName;

        Assert.Equal(Enumerable.Repeat(ExportOutcome.Written, closed), await ExportAsync(gateway, account, directory));
        Assert.Equal(Enumerable.Repeat(ExportOutcome.Present, closed), await ExportAsync(gateway, account, directory));
        var file = Directory.GetFiles(directory, "*.json").Order(StringComparer.Ordinal).First();
        var told = await PeriodAsync(gateway, account, Path.GetFileNameWithoutExtension(file)[^10..]);
        Assert.Equal(told.Closed.Sha256, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file, Cancellation))));
        Assert.Contains(told.Streamed, await File.ReadAllTextAsync(Path.ChangeExtension(file, ".csv"), Cancellation), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(directory, "*.part"));

        await File.WriteAllTextAsync(file, "{}", Cancellation);
        Assert.Single(await ExportAsync(gateway, account, directory), o => o == ExportOutcome.Contradicts);
        Assert.Equal("{}", await File.ReadAllTextAsync(file, Cancellation));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task What_lies_in_closed_periods_and_is_old_is_dropped_and_nothing_else_changes()
    {
        await using var gateway = await NewDailyAsync(KeptTwoDays);
        var (account, node, _, payer) = await RunningWithAsync(gateway);
        foreach (var rate in (FlowRate[])[Rate + Rate, Rate])
            await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, rate)));
        await DaysAsync(5);
        await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, Rate + Rate)));
        Assert.True(await CloseAsync(gateway, account) >= 4);
        var names = await gateway.Get<PeriodStore>().NamesAsync(account, default, new BlockTime(long.MaxValue), Cancellation);
        List<Wire.Statement> closed = [];
        foreach (var name in names)
            closed.Add(await PeriodAsync(gateway, account, name));
        var (first, last) = (closed[0], closed[^1]);
        var present = await GetAsync(gateway, account, (ulong)last.To.Seconds);
        var whole = await GetAsync(gateway, account);
        Assert.Equal(3, (await SegmentsAsync(gateway, account)).Length);

        Assert.True(await gateway.Get<LedgerUpkeep>().TryAsync(account, await HeadAsync(), Cancellation));
        Assert.Equal(0, await gateway.Get<LedgerCompaction>().RunAsync(account, Cancellation));

        Assert.Single(await SegmentsAsync(gateway, account));
        var since = (await gateway.Get<LedgerStore>().KeptSinceAsync(account, Cancellation))!.Value.UnixSeconds; // It has just dropped some.
        Assert.Contains(since, closed.Select(c => (ulong)c.To.Seconds));
        for (var i = 0; i < names.Count; i++)
            Assert.Equal(closed[i], await PeriodAsync(gateway, account, names[i]));
        Assert.Equal(present, await GetAsync(gateway, account, (ulong)last.To.Seconds));
        var rest = await GetAsync(gateway, account);
        Assert.Equal((since, whole.ClosingCarry), ((ulong)rest.From.Seconds, rest.ClosingCarry));
        Assert.Equal(closed.Single(c => (ulong)c.To.Seconds == since).ClosingCarry, rest.OpeningCarry);
        Assert.Equal(whole.Streamed, Sum([.. closed.Where(c => (ulong)c.To.Seconds <= since).Select(c => c.Streamed), rest.Streamed]));
        Assert.Equal(whole.Used, Sum([.. closed.Where(c => (ulong)c.To.Seconds <= since).Select(c => c.Used), rest.Used]));

        await RefusedAsync(() => GetAsync(gateway, account, since - 1), since);
        await RefusedAsync(() => GetAsync(gateway, account, to: since - 1), since);
        await RefusedAsync(() => GetAsync(gateway, account, (ulong)first.From.Seconds, (ulong)last.To.Seconds), since);
        await RefusedAsync(() => GetOfPayeeAsync(gateway, Aleph, node, since - 1), since);
        Assert.Equal(first.Closed.Name, (await GetOfPayeeAsync(gateway, Aleph, node, (ulong)first.From.Seconds, (ulong)first.To.Seconds)).Closed.Name);
        await foreach (var line in gateway.Get<StatementVerifier>().RunAsync(
            new Wire.GetStatementRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString(), Period = names[^1] }, Cancellation))
        {
            Assert.True(line.Verdict == Wire.Verdict.Equal, $"{line}");
        }
    }

    [Fact]
    public async Task A_lease_that_is_told_of_after_the_period_in_which_it_began_and_ended_was_closed_is_a_correction_in_the_next_one()
    {
        await using var gateway = await NewDailyAsync();
        var (account, node, _) = await RunningAsync(gateway);
        await DaysAsync(3);
        var closed = await CloseAsync(gateway, account);
        var last = (await gateway.Get<PeriodStore>().LastAsync(account, Cancellation))!; // Some were closed.

        // Its scheduler was cut off: it had a VM for an hour.
        var (opened, ended) = (last.To.ToDateTimeOffset().AddHours(-2), last.To.ToDateTimeOffset().AddHours(-1));
        var lease = await StoreAsync(gateway, account, [node], Rate, static (meter, at) => (meter.Told(MeterPhase.Running, at, at), at), opened);
        await ChangeAsync(gateway, account, lease.Id, l => l with { State = LeaseState.Closed, ClosedAt = ended, Meter = l.Meter.Ended(ended) });
        await DaysAsync(2);
        Assert.True(await CloseAsync(gateway, account) >= 1);

        var next = await NextAsync(gateway, account, closed);
        var line = Assert.Single(next.Leases, l => l.LeaseId == lease.Id.Value);
        var hour = Rate.Over(3_600).ToDecimal();
        Assert.Equal((hour, hour), (line.Used, line.Correction));
        var present = await GetAsync(gateway, account, (ulong)next.To.Seconds);
        Assert.DoesNotContain(present.Leases, l => l.LeaseId == lease.Id.Value);
        Assert.Equal(next.ClosingCarry, present.OpeningCarry);
        Assert.Equal((await GetAsync(gateway, account)).ClosingCarry, present.ClosingCarry);
        Assert.All(await VerifyAsync(gateway, account, (ulong)next.To.Seconds), l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{l}"));
    }

    [Fact]
    public async Task While_the_chain_stands_in_its_last_second_a_period_is_not_over()
    {
        await using var gateway = await NewDailyAsync();
        var (account, node, _, payer) = await RunningWithAsync(gateway);
        var border = await DayEndsAsync(() => CallCfaAsync(payer, FlowCalls.Update(Aleph, node, Rate + Rate)));

        await CloseAsync(gateway, account);
        Assert.False((await gateway.Get<PeriodStore>().LastAsync(account, Cancellation))?.To >= border);
        await PassAsync(10);
        Assert.True(await CloseAsync(gateway, account) >= 1);

        var last = (await gateway.Get<PeriodStore>().LastAsync(account, Cancellation))!; // It was just closed.
        Assert.Equal(border, last.To);
        var (closed, present, whole) = (await PeriodAsync(gateway, account, last.Name), await GetAsync(gateway, account, border.UnixSeconds), await GetAsync(gateway, account));
        Assert.Equal(whole.Buffer.Taken, Sum([closed.Buffer.Taken, present.Buffer.Taken]));
        Assert.Single(present.Buffers);
    }

    [Fact]
    public async Task A_payees_period_stays_as_it_was_whoever_begins_to_pay_him_later_and_none_of_those_is_on_it()
    {
        await using var gateway = await NewDailyAsync(KeptTwoDays);
        var (account, node, _) = await RunningAsync(gateway);
        await DaysAsync(3);
        Assert.True(await CloseAsync(gateway, account) >= 2);
        var names = await gateway.Get<PeriodStore>().NamesAsync(account, default, new BlockTime(long.MaxValue), Cancellation);
        var (first, second) = (await PeriodAsync(gateway, account, names[0]), await PeriodAsync(gateway, account, names[1]));
        var told = await GetOfPayeeAsync(gateway, Aleph, node, (ulong)first.From.Seconds, (ulong)first.To.Seconds);
        Assert.NotNull(told.Closed);

        var later = await NewPayerAsync();
        var other = new AccountKey(Aleph, later.Address);
        await AtAsync(10, () => CallCfaAsync(later, FlowCalls.Create(Aleph, node, Rate)));
        await StoreAsync(gateway, other, [node], Rate, static (meter, at) => (meter.Told(MeterPhase.Running, at, at), at), (await HeadAsync()).Time.ToDateTimeOffset());
        await gateway.Get<PayeeIndex>().AddAsync(other, [node], Cancellation);
        Assert.Equal(told, await GetOfPayeeAsync(gateway, Aleph, node, (ulong)first.From.Seconds, (ulong)first.To.Seconds));

        await DaysAsync(6);
        foreach (var one in new[] { account, other })
        {
            await CloseAsync(gateway, one);
            await gateway.Get<LedgerCompaction>().RunAsync(one, Cancellation);
        }

        Assert.NotNull(await gateway.Get<LedgerStore>().KeptSinceAsync(other, Cancellation));
        Assert.Equal(told, await GetOfPayeeAsync(gateway, Aleph, node, (ulong)first.From.Seconds, (ulong)first.To.Seconds));
        // That was never asked for yet.
        var next = await GetOfPayeeAsync(gateway, Aleph, node, (ulong)second.From.Seconds, (ulong)second.To.Seconds);
        Assert.Equal((first.Payer, second.Closed.Name), (Assert.Single(next.Accounts).Payer, next.Closed.Name));
    }

    [Fact]
    public async Task To_whom_money_flowed_before_he_was_a_payee_it_is_counted_from_the_last_closed_period_on_and_verified_so()
    {
        await using var gateway = await NewDailyAsync();
        var (account, node, _, payer) = await RunningWithAsync(gateway);
        var second = NewNode().Address;
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, second, Rate)));
        await DaysAsync(3);
        await CloseAsync(gateway, account);
        var last = (await gateway.Get<PeriodStore>().LastAsync(account, Cancellation))!; // Some were closed.
        await StoreAtHeadAsync(gateway, account, node, second);
        await DaysAsync(2);

        Assert.True(await CloseAsync(gateway, account) >= 1);

        foreach (var name in await gateway.Get<PeriodStore>().NamesAsync(account, last.To, new BlockTime(long.MaxValue), Cancellation))
        {
            var request = new Wire.GetStatementRequest { Payer = account.Payer.ToString(), Token = account.SuperToken.ToString(), Period = name };
            Assert.All(await VerifyAsync(gateway, request), l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{l}"));
        }
    }

    [Fact]
    public async Task A_lease_that_is_told_of_after_a_period_was_closed_and_began_before_all_others_moves_no_ledger_and_is_verified()
    {
        await using var gateway = await NewDailyAsync();
        await DaysAsync(1);
        await PassAsync(3_000);
        var (account, node, first) = await RunningAsync(gateway);
        await DaysAsync(2);
        await CloseAsync(gateway, account);
        var last = (await gateway.Get<PeriodStore>().LastAsync(account, Cancellation))!; // Some were closed.
        var begun = (await gateway.Get<LedgerStore>().ReadAsync(account, Cancellation))!.Ledger.Origin; // It was drawn up.
        await StoreAsync(gateway, account, [node], Rate, static (meter, at) => (meter.Told(MeterPhase.Running, at, at), at), first.OpenedAt.AddHours(-1));
        await DaysAsync(1);

        var lines = await VerifyAsync(gateway, account, last.To.UnixSeconds);

        Assert.All(lines, l => Assert.True(l.Verdict == Wire.Verdict.Equal, $"{l}"));
        Assert.Equal(begun, (await gateway.Get<LedgerStore>().ReadAsync(account, Cancellation))!.Ledger.Origin); // It is still there.
    }

    [Fact]
    public async Task Days_on_which_nothing_was_keep_no_later_one_from_being_closed_and_are_not_closed_for_their_own_sake()
    {
        await using var gateway = await NewDailyAsync();
        var (account, node, lease, payer) = await RunningWithAsync(gateway);
        await DaysAsync(1);
        await AtAsync(100, () => CallCfaAsync(payer, FlowCalls.Delete(Aleph, account.Payer, node)));
        var ended = (await HeadAsync()).Time.ToDateTimeOffset();
        await ChangeAsync(gateway, account, lease.Id, l => l with { State = LeaseState.Closed, ClosedAt = ended, Meter = l.Meter.Ended(ended) });
        await DaysAsync(6);
        await CloseAsync(gateway, account);
        var last = (await gateway.Get<PeriodStore>().LastAsync(account, Cancellation))!; // The first days were something.
        Assert.InRange(last.To.ToDateTimeOffset(), ended, ended.AddDays(1));

        var again = (await HeadAsync()).Time.ToDateTimeOffset();
        var second = lease with { Id = LeaseId.Parse($"again-{account.Payer}"), OpenedAt = again, Version = 0 };
        var before = await gateway.Get<AccountStore>().LoadAsync(account, Cancellation);
        await gateway.Get<AccountStore>().CommitAsync(before, before.With(second), [], NextLook.Never, again, Cancellation);
        await AtAsync(10, () => CallCfaAsync(payer, FlowCalls.Create(Aleph, node, Rate)));
        await DaysAsync(3);
        await CloseAsync(gateway, account);

        last = (await gateway.Get<PeriodStore>().LastAsync(account, Cancellation))!; // As before.
        Assert.True(last.To.ToDateTimeOffset() >= again.AddDays(1), $"{last.Name}");
        Assert.Equal(Rate.Over(Day).ToDecimal(), (await PeriodAsync(gateway, account, last.Name)).Streamed);
    }

    private static async Task RefusedAsync(Func<Task> ask, ulong since)
    {
        var refused = RefusalMapping.Of(await Assert.ThrowsAsync<DetailsNotKeptException>(ask));
        Assert.Equal(("DETAILS_NOT_KEPT", "from"), (refused.Reason, Assert.Single(refused.Fields).Field));
        Assert.Equal($"{since}", refused.Metadata["kept_since"]);
    }

    private static async Task<ImmutableArray<FlowSegment>> SegmentsAsync(SteppedGateway gateway, AccountKey account) =>
        (await gateway.Get<LedgerStore>().SegmentsAsync(account, default, Cancellation)).Segments;

    private static async Task<List<ExportOutcome>> ExportAsync(SteppedGateway gateway, AccountKey account, string directory)
    {
        List<ExportOutcome> outcomes = [];
        await foreach (var exported in gateway.Get<StatementExport>().RunAsync(new Wire.ExportStatementsRequest(), Cancellation))
        {
            // Others of this class have closed periods as well.
            if (Address.Parse(exported.Payer) == account.Payer)
                outcomes.Add(await StatementFiles.WriteAsync(directory, exported, Cancellation));
        }

        return outcomes;
    }

    private async Task<(AccountKey Account, Address Node, Lease Lease)> RunningAsync(SteppedGateway gateway)
    {
        var (account, node, lease, _) = await RunningWithAsync(gateway);
        return (account, node, lease);
    }

    private static async Task<BlockTime> MiddleAsync(SteppedGateway gateway, AccountKey account) =>
        new((await gateway.Get<PeriodStore>().LastAsync(account, Cancellation))!.To.UnixSeconds - 1); // One was closed.

    private static async Task<Wire.Statement> NextAsync(SteppedGateway gateway, AccountKey account, int closed)
    {
        var names = await gateway.Get<PeriodStore>().NamesAsync(account, default, new BlockTime(long.MaxValue), Cancellation);
        return await PeriodAsync(gateway, account, names[closed]);
    }

    private static string Unclosed(Wire.Statement statement)
    {
        var copy = statement.Clone();
        copy.Closed = null;
        return StatementMapping.ToJson(copy);
    }
}
