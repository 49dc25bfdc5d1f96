using System.Diagnostics.Metrics;
using Gateway.Server.Evaluation;
using Gateway.Server.Health;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;
using Gateway.Server.Tests.Hosting;
using Gateway.Server.Tests.Watching;
using Gateway.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Gateway.Server.Tests.Evaluation;

/// <summary>An account whose deadline has passed. No loop runs in this gateway: whatever would serve deadlines may as well beat and do nothing.</summary>
public sealed class OverdueStepTests(SteppedWorld stepped) : WatcherTest(stepped)
{
    [Fact]
    [Incident("1.3.1")]
    public async Task An_account_that_nobody_looks_at_is_told_until_somebody_does()
    {
        await using var gateway = await Stepped.NewGatewayAsync();
        var payer = NextPayer();
        await ActivateAsync(gateway, payer);
        Assert.Equal((HealthStatus.Healthy, 0), await LookAsync(gateway));

        var since = TimeProvider.System.GetUtcNow() - (OverdueStep.Longest * 2);
        await gateway.Get<AccountDeadlines>().BringForwardAsync(AccountOf(payer), since, Cancellation);
        var (health, overdue) = await LookAsync(gateway);
        Assert.Equal(HealthStatus.Degraded, health);
        Assert.True(overdue >= (OverdueStep.Longest * 2).TotalSeconds, $"{overdue} s");

        for (var more = true; more;)
            more = (await gateway.Get<DeadlineStep>().RunOnceAsync(Cancellation)).MayBeMore;
        Assert.Equal((HealthStatus.Healthy, 0), await LookAsync(gateway));
    }

    private static async Task<(HealthStatus Health, double Overdue)> LookAsync(SteppedGateway gateway)
    {
        await gateway.Get<OverdueStep>().RunOnceAsync(Cancellation);
        var overdue = double.NaN;
        var meters = gateway.Get<IMeterFactory>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == GatewayTelemetry.Instruments.AccountOverdue && ReferenceEquals(instrument.Meter.Scope, meters))
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => overdue = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return ((await new AuditCheck(gateway.Get<OverdueStep>()).CheckHealthAsync(new HealthCheckContext(), Cancellation)).Status, overdue);
    }
}
