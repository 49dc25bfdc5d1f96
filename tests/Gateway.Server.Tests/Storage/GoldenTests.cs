using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Domain.Pricing;
using Gateway.Domain.Settlement;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Server.Storage.Documents;
using Gateway.Server.Webhooks;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>What was ever written stays readable: a file for each form and version, which is never changed again.</summary>
public sealed class GoldenTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static readonly FlowKey Flow = new(Given.Token, Given.Account.Payer, Given.Payee);

    private static readonly SlotPlan Plan = new([new SlotFlow(Flow, Given.Rate(805), 12, Urgency.Raise, Given.Now, 2)], [Trace]);

    private static readonly SlotAttempt Attempt = new(
        new SignedBatch(Given.Hash(0xab), new byte[] { 2, 0xf8, 0x00, 0xff }, new FeeOffer(Wei.FromGwei(100), Wei.From(50_000_000)), 1_234_567),
        AttemptKind.Bump,
        Given.Now,
        Trace);

    private static ImmutableArray<UsageInterval> Intervals =>
    [
        new(MeterTime.Whole(Given.Now), MeterTime.Whole(Given.Now).AddMilliseconds(1), MeterPhase.Running, FlowRate.Max),
        new(MeterTime.Whole(Given.Now).AddMilliseconds(1), MeterTime.Whole(Given.Now).AddHours(1), MeterPhase.Paused, FlowRate.Zero),
    ];

    [Fact]
    public void Lease_v1()
    {
        var lease = Given.FullLease("lease:1") with
        {
            IsCutOff = true,
            Grace = new GraceClock(GraceMode.Spending, Given.Now.AddSeconds(2), TimeSpan.FromMilliseconds(86_400_007)),
            ReportedAt = Given.Now.AddMilliseconds(5),
            RestoredAt = Given.Now.AddMilliseconds(6),
            UnsettledSince = Given.Now.AddSeconds(5),
            Transactions = [new LeaseTransaction(Given.Hash(2), "external", new BlockNumber(77), Given.Now) { BufferLost = TokenAmount.FromWei(176_000) }],
        };

        Same.Lease(lease with { Version = 7 }, LeaseDocument.Read(Given.Account, 7, Golden("lease-v1-metered", LeaseDocument.Write(lease))));
    }

    [Fact]
    public void Lease_v1_without_anything_optional() => Same.Lease(
        Given.Lease("a") with { Version = 1 }, LeaseDocument.Read(Given.Account, 1, Golden("lease-v1-metered-bare", LeaseDocument.Write(Given.Lease("a")))));

    [Fact]
    public void Usage_v1()
    {
        var told = new ToldUse(Given.FullMeter.Reports, Given.FullMeter.Prices);
        var read = UsageDocument.Read(Golden("usage-v1-told", UsageDocument.Write(new UsageRecord(MeterTime.Whole(Given.Now.AddHours(2)), Intervals, told))));

        Assert.Equal(MeterTime.Whole(Given.Now.AddHours(2)), read.Until);
        Assert.Equal(Intervals.AsEnumerable(), read.Intervals);
        Assert.Equal(told.Reports.AsEnumerable(), read.Told!.Reports); // It was written.
        Assert.Equal(told.Prices.AsEnumerable(), read.Told.Prices);
    }

    [Fact]
    public void Usage_v1_of_intervals_alone()
    {
        var read = UsageDocument.Read(Stored("usage-v1"));

        Assert.Equal(Intervals.AsEnumerable(), read.Intervals);
        Assert.Equal((Intervals[^1].To, null), (read.Until, read.Told));
    }

    [Fact]
    public void Dropped_use_v1() => Assert.Equal(
        Given.FullMeter.Sealed, DroppedUseDocument.Read(Golden("dropped-use-v1", DroppedUseDocument.Write(Given.FullMeter.Sealed))));

    [Fact]
    public void Dropped_leases_v1()
    {
        var dropped = new DroppedLeases(new BlockTime(1_796_083_200), 3, Given.Period.Carry.SetItem(Given.Payee, TokenAmount.FromWei(1_207)));

        var read = DroppedLeasesDocument.Read(Golden("dropped-leases-v1", DroppedLeasesDocument.Write(dropped)));

        Assert.Equal((dropped.Until, dropped.Count), (read.Until, read.Count));
        Assert.Equal(dropped.Parts.AsEnumerable(), read.Parts);
    }

    [Fact]
    public void Lease_v1_priced_by_a_list()
    {
        var resources = Resources.Of("instance", [KeyValuePair.Create("storage_mib", Quantity.Of(20_480)), KeyValuePair.Create("compute_units", Quantity.Of(4))]);
        var lease = Given.Lease("a") with { Pricing = new LeasePricing(resources, "2026-11", IsPausedRateByPlan: true) };
        var named = lease with { Pricing = lease.Pricing with { IsPausedRateByPlan = false } };

        Same.Lease(lease with { Version = 7 }, LeaseDocument.Read(Given.Account, 7, Golden("lease-v1-priced", LeaseDocument.Write(lease))));
        Same.Lease(named with { Version = 7 }, LeaseDocument.Read(Given.Account, 7, LeaseDocument.Write(named)));
    }

    [Fact]
    public void Account_v1_whose_payer_was_warned()
    {
        var account = Given.FullAccount() with { Warnings = new AccountWarnings(TimeSpan.FromHours(6), AllowanceLow: true) };

        Same.Account(account with { Version = 7 }, AccountDocument.Read(Given.Account, 7, Golden("account-v1-warned", AccountDocument.Write(account))));
    }

    [Fact]
    public void Note_v1_of_a_flow_that_ended_at_a_cost()
    {
        var note = new Effect.Note(LeaseId.Parse("a"), NoteKind.Observation, "liquidated", Given.Evidence with { BufferLost = TokenAmount.FromWei(176_000) });
        var json = Golden("note-v1-lost", NoteDocument.Write(note, Given.Now, traceId: null));

        Assert.Equal(note.Evidence, NoteDocument.Read(json).Evidence);
    }

    [Fact]
    public void Limits_v1()
    {
        var limits = new LaneLimits(7_000, ImmutableSortedDictionary<Urgency, int>.Empty.Add(Urgency.StopLoss, 900).Add(Urgency.Trim, 3), IsPaused: true);

        var read = LimitsDocument.Read(Golden("limits-v1", LimitsDocument.Write(limits)));

        Assert.Equal((limits.DailyBudgetNavax, limits.IsPaused), (read.DailyBudgetNavax, read.IsPaused));
        Assert.Equal(limits.CeilingNavax.AsEnumerable(), read.CeilingNavax);
    }

    [Fact]
    public void Limits_v1_that_were_lost()
    {
        var limits = LaneLimits.None with { DailyBudgetNavax = 7_000, SetAt = Given.Now, LostAt = Given.Now.AddHours(1) };

        var read = LimitsDocument.Read(Golden("limits-v1-lost", LimitsDocument.Write(limits)));

        Assert.Equal((limits.DailyBudgetNavax, limits.SetAt, limits.LostAt), (read.DailyBudgetNavax, read.SetAt, read.LostAt));
    }

    [Fact]
    public void Account_v1() => Same.Account(
        Given.FullAccount() with { Version = 7 }, AccountDocument.Read(Given.Account, 7, Golden("account-v1", AccountDocument.Write(Given.FullAccount()))));

    [Fact]
    public void Account_v1_that_counts_what_was_streamed()
    {
        var ledger = new FlowTally(
            new BlockTime(1_795_521_000),
            new BlockNumber(77),
            new BlockTime(1_795_521_600),
            Given.Rate(805),
            new BlockTime(1_795_521_300),
            TokenAmount.FromWei(483_000),
            TokenAmount.FromWei(480_000))
        {
            Settled = MilliWei.Parse("-17500"),
        };
        var account = Given.FullAccount();
        account = account with
        {
            Flows = account.Flows
                .SetItem(Given.Payee, account.Flows[Given.Payee] with { Ledger = ledger })
                .SetItem(Given.Address(0xcc), account.Flows[Given.Address(0xcc)] with { Ledger = ledger with { EstimatedFrom = new BlockTime(1_795_521_001) } }),
            Carried = CarriedRemainder.None.Add(Given.Address(0xdd), MilliWei.Parse("4500")) with { Elsewhere = MilliWei.Parse("-1") },
        };

        Same.Account(account with { Version = 7 }, AccountDocument.Read(Given.Account, 7, Golden("account-v1-streamed", AccountDocument.Write(account))));
    }

    [Fact]
    public void Account_v1_whose_flows_are_corrected()
    {
        var account = Given.FullAccount();
        account = account with
        {
            Flows = account.Flows
                .SetItem(Given.Payee, account.Flows[Given.Payee] with { Correction = new FlowCorrection(new RateTrim(-160), Given.Rate(160), Kept: null) })
                .SetItem(
                    Given.Address(0xcc),
                    account.Flows[Given.Address(0xcc)] with { Correction = FlowCorrection.None with { Kept = new KeptFlow(Given.Rate(7), new BlockTime(1_795_521_700)) } }),
        };

        Same.Account(account with { Version = 7 }, AccountDocument.Read(Given.Account, 7, Golden("account-v1-corrected", AccountDocument.Write(account))));
    }

    [Fact]
    public void Account_v1_before_the_first_look()
    {
        var account = AccountBook.Empty(Given.Account).Account;

        Same.Account(account with { Version = 1 }, AccountDocument.Read(Given.Account, 1, Golden("account-v1-bare", AccountDocument.Write(account))));
    }

    [Fact]
    public void Account_v1_that_knows_when_its_flows_changed()
    {
        var account = Given.FullAccount();
        account = account with { Health = account.Health! with { LastChanged = new BlockTime(1_795_521_500), FlowsReadAt = new BlockTime(1_795_521_590) } };

        Same.Account(account with { Version = 7 }, AccountDocument.Read(Given.Account, 7, Golden("account-v1-quiet", AccountDocument.Write(account))));
    }

    [Fact]
    public void Glance_v1() => Assert.Equal(Given.Quiet, GlanceDocument.Read(Golden("glance-v1", GlanceDocument.Write(Given.Quiet))));

    [Fact]
    public void Directive_v1()
    {
        var effect = new Effect.IssueDirective(LeaseId.Parse("a"), "vm-a", Execution.Pause, Reason.FlowLiquidated, Given.Now.AddSeconds(9), Given.Evidence);
        var json = Golden("directive-v1", DirectiveDocument.Write(effect, Given.Now, Trace));

        var expected = new StoredDirective(
            new DirectiveId(5, 99), effect.Lease, "vm-a", Execution.Pause, Reason.FlowLiquidated, Given.Now, Given.Now.AddSeconds(9), Given.Evidence, Trace, 3);
        Assert.Equal(expected, StoredDirective.Read(5, "99", "a", 3, json));
    }

    [Fact]
    public void Note_v1()
    {
        var note = new Effect.Note(LeaseId.Parse("a"), NoteKind.Observation, "flow to 0x… is gone", Given.Evidence);
        var json = Golden("note-v1", NoteDocument.Write(note, Given.Now, "0af7651916cd43dd8448eb211c80319c"));

        Assert.Equal(
            new HistoryNote(Given.Now, NoteKind.Observation, note.Summary, Given.Evidence, "0af7651916cd43dd8448eb211c80319c"), NoteDocument.Read(json));
    }

    [Fact]
    public void Event_v1()
    {
        var told = new WebhookEvent("evt_1", "account.runway_low", Given.Now, """{"id":"evt_1"}""", Attempts: 2, LastError: "HTTP 503");

        Assert.Equal(told, EventDocument.Read("evt_1", Golden("event-v1", EventDocument.Write(told))));
    }

    [Fact]
    public void Segment_v1()
    {
        var json = Golden("segment-v1", SegmentDocument.Write(Given.Segment));

        Assert.Equal(Given.Segment, SegmentDocument.Read(json));
    }

    [Fact]
    public void Segment_v2_is_older_than_its_ledger()
    {
        var json = Golden("segment-v2", SegmentDocument.Write(Given.OlderSegment));

        Assert.Equal(Given.OlderSegment, SegmentDocument.Read(json));
    }

    [Fact]
    public void Ledger_v2_begins_at_a_first_lease()
    {
        var (ledger, mismatch) = LedgerDocument.Read(Golden("ledger-v2", LedgerDocument.Write(Given.BegunLedger, Given.BegunLedger.Through!, mismatch: null))); // It has one.

        Assert.Null(mismatch);
        Assert.Equal((Given.BegunLedger.Through, Given.BegunLedger.Origin), (ledger.Through, ledger.Origin));
        Assert.Equal(Given.BegunLedger.Open.AsEnumerable(), ledger.Open);
        Assert.Equal(Given.BegunLedger.Ended.AsEnumerable(), ledger.Ended);
    }

    [Fact]
    public void Ledger_v1()
    {
        var (ledger, mismatch) = LedgerDocument.Read(Golden("ledger-v1", LedgerDocument.Write(Given.Ledger, Given.Ledger.Through!, "flow to 0x… differs"))); // It has one.

        Assert.Equal("flow to 0x… differs", mismatch);
        Assert.Equal(Given.Ledger.Through, ledger.Through);
        Assert.Null(ledger.Origin);
        Assert.Equal(Given.Ledger.Open.AsEnumerable(), ledger.Open);
        Assert.Equal(Given.Ledger.Ended.AsEnumerable(), ledger.Ended);
    }

    [Fact]
    public void Period_v1()
    {
        var read = PeriodDocument.Read(Golden("period-v1", PeriodDocument.Write(Given.Period)));

        Assert.Equal(
            (Given.Period.Name, Given.Period.From, Given.Period.To, Given.Period.ClosedAt, Given.Period.Statement, Given.Period.Sha256),
            (read.Name, read.From, read.To, read.ClosedAt, read.Statement, read.Sha256));
        Assert.Equal(Given.Period.Carry.AsEnumerable(), read.Carry);
        Assert.Equal(Given.Period.Readings.Keys, read.Readings.Keys);
        Assert.Equal(Given.Period.Readings.Values.Select(r => r.RunningMilliseconds), read.Readings.Values.Select(r => r.RunningMilliseconds));
        Assert.Equal(Given.Period.Readings.Values.SelectMany(r => r.Parts), read.Readings.Values.SelectMany(r => r.Parts));
    }

    [Fact]
    public void Payee_period_v1()
    {
        var period = new ClosedPayeePeriod(Given.Period.Name, Given.Period.ClosedAt, """{"payee":"0x…"}""", "abcdef");

        Assert.Equal(period, PayeePeriodDocument.Read(Golden("payee-period-v1", PayeePeriodDocument.Write(period))));
    }

    [Fact]
    public void Payee_directory_v1()
    {
        var document = new PayeeDirectoryDocument(1, "https://directory.example/payees", Given.Now, """{"payees":[]}""");
        var json = Golden("payee-directory-v1", StoredDocuments.Write(document, StoredDocuments.Default.PayeeDirectoryDocument));

        Assert.Equal(document, StoredDocuments.Read(json, StoredDocuments.Default.PayeeDirectoryDocument));
    }

    [Fact]
    public void Mark_v1()
    {
        var json = Golden("mark-v1", MarkDocument.Write(new Effect.MarkFlow(Flow, FlowRate.Max, 12, Urgency.StopLoss, Trace)));

        Assert.Equal(new FlowMark(Flow, FlowRate.Max, 12, Urgency.StopLoss, Trace), MarkDocument.Read(Flow, 12, json));
    }

    [Fact]
    public void Slot_v1()
    {
        var read = SlotDocument.Read(Golden("slot-v1", SlotDocument.Write(Plan)));

        Assert.Equal(Plan.Flows.AsEnumerable(), read.Flows);
        Assert.Equal(Plan.Contexts.AsEnumerable(), read.Contexts);
    }

    [Fact]
    public void Attempt_v1()
    {
        var read = AttemptDocument.Read(Golden("attempt-v1", AttemptDocument.Write(Attempt)));

        Assert.Equal(Attempt.Batch.Raw.ToArray(), read.Batch.Raw.ToArray());
        Assert.Equal(Attempt, read with { Batch = read.Batch with { Raw = Attempt.Batch.Raw } });
    }

    [Theory]
    [InlineData("""{"v":2,"desired":"1","urgency":1}""")]
    [InlineData("""{"v":0,"desired":"1","urgency":1}""")]
    [InlineData("null")]
    [InlineData("{")]
    public void What_a_newer_version_wrote_or_nobody_is_refused_as_such(string json) =>
        Assert.Throws<StoredFormException>(() => MarkDocument.Read(Flow, 1, json));

    // The file is what counts; what is written today is only compared with it.
    private static string Golden(string name, string written)
    {
        var golden = Stored(name);
        Assert.Equal(golden, written);
        return golden;
    }

    private static string Stored(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", name + ".json")).TrimEnd('\n');
}
