using Gateway.Domain.Leases;
using Gateway.Domain.Metering;
using Gateway.Domain.Money;
using Gateway.Server.Storage.Documents;
using Xunit;

namespace Gateway.Server.Tests.Storage;

/// <summary>Leases as they were stored when a meter kept one sum and the phase that lasted: the sum is sealed, and goes on from there.</summary>
public sealed class FormerLeaseTests
{
    private static readonly DateTimeOffset Since = Given.Now.AddMilliseconds(5);

    private static readonly MilliWei Before = MilliWei.Of(FlowRate.Max, 123_456_789);

    [Fact]
    public void A_lease_that_nothing_was_metered_of_begins_when_it_was_opened()
    {
        var lease = Given.Lease("a");

        Same.Lease(lease with { Version = 1, Meter = Meter.Opened(Given.Now, new MeterPrice(lease.Rate, FlowRate.Zero, IsCutOff: false)) }, Read("lease-v1-bare", 1));
    }

    [Theory]
    [InlineData("lease-v1")]
    [InlineData("lease-v1-reported")]
    [InlineData("lease-v1-unsettled")]
    [InlineData("lease-v1-graced")]
    public void The_sum_is_sealed_and_the_phase_goes_on(string name)
    {
        var meter = Read(name, 7).Meter;

        Assert.Equal((MeterPhase.Running, Since, Since, Given.Rate(1000)), (meter.Phase, meter.From, meter.FixedBefore!.Value, meter.Price.Running));
        Assert.Equal((123_456_789L, Before), (meter.RunningAt(Since), meter.UsedAt(Since)));
        Assert.Equal((123_456_799L, Before + MilliWei.Of(Given.Rate(1000), 10)), (meter.RunningAt(Since.AddMilliseconds(10)), meter.UsedAt(Since.AddMilliseconds(10))));
    }

    [Fact]
    public void Of_what_it_was_always_the_same_price_of_each_payee_has_its_leg()
    {
        var lease = Read("lease-v1", 7);

        Assert.Equal(
            lease.Payees.Zip(Legs.Split(FlowRate.Max, lease.Payees), (_, leg) => MilliWei.Of(leg, 123_456_789)),
            lease.Payees.Select(p => lease.UsedFor(p.Address, Since)));
        Assert.Equal(lease.Meter.UsedAt(Since.AddHours(1)), lease.Payees.Select(p => lease.UsedFor(p.Address, Since.AddHours(1))).Aggregate((a, b) => a + b));
    }

    [Fact]
    public void Of_a_sum_at_several_prices_each_payee_has_its_share_and_the_first_one_the_rest()
    {
        var lease = Given.FullLease("a");
        var used = MilliWei.Of(Given.Rate(1), 1_000_003);

        var parts = UsageSum.PartsOf(used, runningMilliseconds: 17, Given.Rate(1), lease.Payees);

        Assert.Equal(("199999", "800004"), (parts[Given.Address(0xcc)].ToDecimal(), parts[Given.Payee].ToDecimal()));
    }

    [Fact]
    public void The_newest_report_of_it_is_known_an_older_one_comes_too_late_and_a_newer_one_is_taken()
    {
        var meter = Read("lease-v1-reported", 7).Meter;

        Assert.Equal(ReportFit.Known, meter.FitOf(MeterPhase.Running, Since, Since));
        Assert.Equal(ReportFit.Sealed, meter.FitOf(MeterPhase.Running, Since.AddMilliseconds(-1), Since.AddMilliseconds(-1)));
        Assert.Equal(ReportFit.Newest, meter.FitOf(MeterPhase.Paused, Since.AddMilliseconds(1), Since.AddMilliseconds(1)));
    }

    [Fact]
    public void A_version_that_knows_that_form_alone_finds_in_the_new_one_what_it_looks_for()
    {
        var lease = Given.FullLease("a");
        var (meter, at) = (lease.Meter, lease.Meter.Since);

        var written = System.Text.Json.Nodes.JsonNode.Parse(LeaseDocument.Write(lease))!["meter"]!;

        Assert.Equal((int)meter.Phase, written["phase"]!.GetValue<int>());
        Assert.Equal(at, written["since"]!.GetValue<DateTimeOffset>());
        Assert.Equal(meter.RunningAt(at), written["runningMilliseconds"]!.GetValue<long>());
        Assert.Equal(meter.UsedAt(at).ToDecimal(), written["used"]!.GetValue<string>());
    }

    private static Lease Read(string name, ulong version) =>
        LeaseDocument.Read(Given.Account, version, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", name + ".json")));
}
