using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Server.Configuration;
using Gateway.Server.Settlement;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

/// <summary>What may be spent is read anew at every step, from a configuration that somebody edits meanwhile.</summary>
public sealed class SettlementTuningTests : IAsyncDisposable
{
    private const string OpenCeiling = $"{SettlementOptions.Section}:CeilingNavax:Open";

    private readonly IConfigurationRoot _file = new ConfigurationBuilder().AddInMemoryCollection().Build();
    private readonly ServiceProvider _services;

    public SettlementTuningTests()
    {
        var services = new ServiceCollection().AddLogging().AddSingleton<SettlementTuning>();
        services.AddOptions<SettlementOptions>().Bind(_file.GetSection(SettlementOptions.Section));
        services.AddSingleton<IValidateOptions<SettlementOptions>, SettlementOptionsValidator>();
        _services = services.BuildServiceProvider();
    }

    private int Ceiling => _services.GetRequiredService<SettlementTuning>().Under(LaneLimits.None).CeilingNavax.Open;

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public void A_change_holds_from_the_next_step_on()
    {
        Assert.Equal(50, Ceiling);

        Write("70");

        Assert.Equal(70, Ceiling);
    }

    [Fact]
    public void A_change_that_is_invalid_leaves_the_former_one_in_force_until_it_is_mended()
    {
        Write("70");
        Assert.Equal(70, Ceiling);

        // Whoever watches the file hears of it; who asks for the options is told again.
        Assert.Throws<AggregateException>(() => Write("0"));
        Assert.Equal(70, Ceiling);
        Write("80");

        Assert.Equal(80, Ceiling);
    }

    [Fact]
    public void What_is_set_by_hand_stands_above_it_and_the_rest_is_as_configured()
    {
        Write("70");
        var byHand = new LaneLimits(5, ImmutableSortedDictionary<Urgency, int>.Empty.Add(Urgency.StopLoss, 900), IsPaused: false);

        var inForce = _services.GetRequiredService<SettlementTuning>().Under(byHand);

        Assert.Equal((5L, 900, 70, 100), (inForce.DailyBudgetNavax, inForce.CeilingNavax.StopLoss, inForce.CeilingNavax.Open, inForce.CeilingNavax.Raise));
    }

    private void Write(string ceiling)
    {
        _file[OpenCeiling] = ceiling;
        _file.Reload();
    }
}
