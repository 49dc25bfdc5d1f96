namespace Gateway.Testing.Redis;

/// <summary>What parts a process from everything outside, at a moment of its own work: nothing passes its links any more, in either direction.</summary>
/// <remarks>To Redis, to the chain and to whoever called it, that is how a process dies; what it still does, nobody ever hears of.</remarks>
public sealed class Fuse
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _burnt = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _left = int.MaxValue;
    private byte[] _mark = [];
    private bool _delivers;
    private bool _isBurnt;

    public bool IsBurnt
    {
        get
        {
            lock (_lock)
                return _isBurnt;
        }
    }

    /// <summary>Returns when nothing passes any more.</summary>
    public Task WhenBurntAsync() => _burnt.Task.WaitAsync(CancellationToken.None);

    /// <summary>It burns with the nth piece that the process says to anybody from now on.</summary>
    /// <param name="delivers">That piece still arrives; its answer does not.</param>
    public void BurnAfter(int pieces, bool delivers) => Set(pieces, [], delivers);

    /// <summary>It burns with the next piece in which these bytes are.</summary>
    public void BurnAt(ReadOnlySpan<byte> mark, bool delivers) => Set(1, mark.ToArray(), delivers);

    public void BurnNow()
    {
        lock (_lock)
            _isBurnt = true;
        _burnt.TrySetResult();
    }

    /// <summary>Whether what the process says now still arrives.</summary>
    internal bool LetsPass(ReadOnlySpan<byte> said)
    {
        lock (_lock)
        {
            if (_isBurnt)
                return false;
            if ((_mark.Length > 0 && said.IndexOf(_mark) < 0) || --_left > 0)
                return true;
            _isBurnt = true;
        }

        _burnt.TrySetResult();
        return _delivers;
    }

    private void Set(int pieces, byte[] mark, bool delivers)
    {
        lock (_lock)
            (_left, _mark, _delivers) = (pieces, mark, delivers);
    }
}
