using Gateway.Server.Configuration;
using Gateway.Server.Settlement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Tests.Settlement;

/// <summary>One process's loop over given ports: made anew, it remembers nothing of the one before.</summary>
internal sealed class LaneProcess : IAsyncDisposable, IDisposable
{
    private readonly ServiceProvider _services;
    private readonly BrokenInvariants _broken = new();

    public LaneProcess(LanePorts ports, SettlementOptions options)
    {
        var services = new ServiceCollection();
        services.AddLogging().AddMetrics().AddLaneLoop();
        services.AddSingleton<ILogger<Invariants>>(_broken).AddSingleton<Invariants>().AddSingleton<InvariantsOfSlots>();
        services.AddSingleton(provider => ports.Watched(provider.GetRequiredService<InvariantsOfSlots>())).AddSingleton(ports.Lane).AddSingleton(ports.Time);
        services.AddSingleton<SettlementMetrics>().AddSingleton<LaneTroubles>().AddSingleton<LaneMemory>();
        services.AddSingleton<IOptionsMonitor<SettlementOptions>>(new FixedOptions(options));
        _services = services.BuildServiceProvider(validateScopes: true);
    }

    public IReadOnlyCollection<LaneTrouble> Troubles => [.. _services.GetRequiredService<LaneTroubles>().Present.Select(t => t.Trouble)];

    /// <summary>What the process itself found that must not be.</summary>
    public IReadOnlyList<string> Broken => _broken.Lines;

    public Task<StepResult> StepAsync(CancellationToken cancellationToken) => _services.GetRequiredService<SettlementStep>().RunOnceAsync(cancellationToken);

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    public void Dispose() => _services.Dispose();

    private sealed class FixedOptions(SettlementOptions options) : IOptionsMonitor<SettlementOptions>
    {
        public SettlementOptions CurrentValue => options;

        public SettlementOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<SettlementOptions, string?> listener) => null;
    }
}
