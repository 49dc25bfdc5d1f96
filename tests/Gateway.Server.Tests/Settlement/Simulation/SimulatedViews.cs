using Gateway.Domain.Identity;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>The nodes that can be asked: each is some blocks behind the chain, and may be out of reach. None goes backwards.</summary>
internal sealed class SimulatedViews(SimulatedNetwork network, Random random)
{
    public const int Count = 3;

    private readonly int[] _heights = new int[Count];
    private readonly int[] _lags = new int[Count];

    /// <summary>No node answers.</summary>
    public bool AreSilent { get; set; }

    /// <summary>No node shows receipts, whatever is in its blocks.</summary>
    public bool HideReceipts { get; set; }

    public void Lag(int view, int blocks) => _lags[view % Count] = blocks;

    public void CatchUp() => Array.Clear(_lags);

    public void Follow()
    {
        for (var i = 0; i < Count; i++)
            _heights[i] = Math.Max(_heights[i], network.Blocks.Count - 1 - _lags[i]);
    }

    /// <summary>Mostly of the node that is furthest, sometimes of any.</summary>
    public MinedBlock Head()
    {
        Reach();
        return network.Blocks[random.Next(5) == 0 ? _heights[random.Next(Count)] : _heights.Max()];
    }

    public MinedBlock At(BlockNumber block)
    {
        Reach();
        return (int)block.Value <= _heights.Max() ? network.Blocks[(int)block.Value] : throw ProcessCalls.Silence();
    }

    public IReadOnlyList<Nonce> Consumed()
    {
        Reach();
        return [.. _heights.Select(h => new Nonce(network.Blocks[h].Consumed))];
    }

    /// <summary>Whether any node is at this block.</summary>
    public bool Knows(BlockNumber block) => (int)block.Value <= _heights.Max();

    public void Reach()
    {
        if (AreSilent)
            throw ProcessCalls.Silence();
    }
}
