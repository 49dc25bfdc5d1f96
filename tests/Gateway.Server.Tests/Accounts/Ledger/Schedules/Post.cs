namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>What a scheduler has to say waits here for a while, and leaves in any order.</summary>
internal sealed class Post(ScheduleStage stage)
{
    private readonly List<Func<Task>> _waiting = [];
    private readonly List<Task> _underWay = [];

    public void Put(Func<Task> message) => _waiting.Add(message);

    /// <summary>One in so many of what waits leaves.</summary>
    public async Task CarryAsync(int oneIn)
    {
        List<Func<Task>> leaving = [.. _waiting.Where(_ => stage.Dice.Next(oneIn) == 0)];
        _waiting.RemoveAll(leaving.Contains);
        foreach (var message in leaving.OrderBy(_ => stage.Dice.Next()))
            await SendAsync(message);
    }

    /// <summary>It leaves at once; where gateways are really gone for a time, nobody waits for it.</summary>
    public async Task SendAsync(Func<Task> message)
    {
        var sending = message();
        if (stage.IsLive)
            _underWay.Add(sending);
        else
            await sending;
    }

    /// <summary>Returns when all of it has been answered.</summary>
    public async Task EmptyAsync()
    {
        await CarryAsync(1);
        await Task.WhenAll(_underWay);
        _underWay.Clear();
    }
}
