using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Benchmarks.Chains;

/// <summary>Compares flows with what they should be, by reads of its own.</summary>
internal sealed class FlowCheck(DevnetWorld world, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly AgreementViews _agreements = new(world.Chain.Contracts);

    private IEthRpc Rpc => world.Chain.Anvil.Rpc;

    /// <summary>How many of the flows are not at their rate at this block.</summary>
    public async Task<int> WrongAtAsync(IReadOnlyDictionary<FlowKey, FlowRate> wanted, BlockNumber block, CancellationToken cancellationToken)
    {
        var views = wanted.Keys.Select(_agreements.Flow).ToList();
        var answers = await Rpc.CallBatchAsync([.. views.Select(v => v.Request)], block, cancellationToken);
        return views.Zip(answers, (view, answer) => view.Read(answer).Rate).Zip(wanted.Values).Count(p => p.First != p.Second);
    }

    /// <summary>Looks at every new block until all flows are right.</summary>
    /// <returns>The block at which they are, and when it was there; null where they are not in time.</returns>
    public async Task<(BlockNumber Block, DateTimeOffset At)?> UntilRightAsync(
        IReadOnlyDictionary<FlowKey, FlowRate> wanted, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        BlockNumber? looked = null;
        while (time.GetElapsedTime(since) < atMost)
        {
            var head = await Rpc.GetBlockNumberAsync(cancellationToken);
            var at = time.GetUtcNow();
            if (head != looked && await WrongAtAsync(wanted, head, cancellationToken) == 0)
                return (head, at);
            looked = head;
            await Task.Delay(PollInterval, time, cancellationToken);
        }

        return null;
    }
}
