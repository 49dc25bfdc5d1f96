using Gateway.Chain.Superfluid;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;

namespace Gateway.Benchmarks.Directives;

/// <summary>As the closest peer watches streams (incidents.md §4.1): every 60 s it reads the rate of each flow, and nothing else.</summary>
internal sealed class FlowPoller(DevnetChain chain, IReadOnlyList<FlowKey> flows, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(60);

    private readonly AgreementViews _views = new(chain.Contracts);

    /// <summary>Until every flow was seen gone.</summary>
    /// <returns>When each was.</returns>
    public async Task<IReadOnlyDictionary<Address, DateTimeOffset>> RunAsync(CancellationToken cancellationToken)
    {
        var gone = new Dictionary<Address, DateTimeOffset>();
        using var timer = new PeriodicTimer(Period, time);
        while (gone.Count < flows.Count)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            var views = flows.Where(f => !gone.ContainsKey(f.Payee)).Select(f => (f.Payee, View: _views.Flow(f))).ToList();
            var answers = await chain.Anvil.Rpc.CallBatchAsync(
                [.. views.Select(v => v.View.Request)], await chain.Anvil.Rpc.GetBlockNumberAsync(cancellationToken), cancellationToken);
            foreach (var (view, answer) in views.Zip(answers))
            {
                if (view.View.Read(answer).Rate.IsZero)
                    gone[view.Payee] = time.GetUtcNow();
            }
        }

        return gone;
    }
}
