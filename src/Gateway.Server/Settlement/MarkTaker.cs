namespace Gateway.Server.Settlement;

/// <summary>Takes over what accounts want of their flows: first into the lane, then out of the shard, so that a crash in between repeats and loses nothing.</summary>
internal sealed class MarkTaker(LanePorts ports, LaneMemory memory)
{
    private const int AtOnce = 32;

    /// <returns>How many were taken over.</returns>
    public async Task<int> TakeOverAsync(CancellationToken cancellationToken)
    {
        var marks = await ports.Accounts.MarksAsync(cancellationToken);
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(marks, options, async (mark, ct) =>
        {
            await ports.Lane.MarkAsync(mark, ports.Now, ct);
            await ports.Accounts.ClearMarkAsync(mark, ct);
        });
        if (marks.Count > 0)
            memory.Marked(marks.Select(m => m.Flow.Account).Distinct().Count());
        return marks.Count;
    }
}
