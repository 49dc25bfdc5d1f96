using Gateway.Domain.Identity;

namespace Gateway.Server.Watching;

/// <summary>How many blocks to ask for at once: providers' limits differ and are not told, so they are found by trying.</summary>
internal sealed class LogRange
{
    private const ulong First = 1000;
    private const ulong Most = 10_000;

    private ulong _blocks = First;

    /// <summary>The last block to ask for, from <paramref name="from"/> on.</summary>
    public BlockNumber EndOf(BlockNumber from, BlockNumber head) => new(Math.Min(head.Value, from.Value + _blocks - 1));

    /// <summary>It was too much: half of it next time.</summary>
    /// <returns>False where one block alone is too much.</returns>
    public bool Shrink()
    {
        if (_blocks == 1)
            return false;
        _blocks /= 2;
        return true;
    }

    /// <summary>A whole range went through: a tenth more next time.</summary>
    public void Grow() => _blocks = Math.Min(Most, _blocks + Math.Max(1, _blocks / 10));
}
