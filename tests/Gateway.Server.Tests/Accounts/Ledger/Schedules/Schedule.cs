using Gateway.Domain.Identity;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>What a scheduler does at random, told to the gateway as such things are: late, twice, out of order, and after the lease was closed.</summary>
internal sealed class Schedule(ScheduleStage stage, IReadOnlyList<AccountKey> accounts, Address[] nodes)
{
    private const int MostOpen = 10;

    private readonly Telling _telling = new(stage);
    private readonly List<PlannedLease> _leases = [];

    public IReadOnlyList<PlannedLease> Leases => _leases;

    /// <summary>Whose leases are opened by name only, cost nothing while they are paused, and are left alone.</summary>
    public AccountKey? Poor { get; set; }

    private Random Dice => stage.Dice;

    /// <summary>One thing, and up to three seconds.</summary>
    public async Task HappenAsync()
    {
        for (var seconds = Dice.Next(4); seconds > 0; seconds--)
            await stage.SecondAsync();
        await ActAsync();
    }

    /// <summary>One thing, within this second.</summary>
    public async Task ActAsync()
    {
        stage.PassWithinSecond();
        await _telling.Post.CarryAsync(3);
        List<PlannedLease> open = [.. _leases.Where(l => l.EndedAt is null && l.Account != Poor)];
        foreach (var busy in open.Where(l => l.IsBusy))
            await FlickerAsync(busy);
        if (open.Count < 4 || (open.Count < MostOpen && Dice.Next(6) == 0))
        {
            List<AccountKey> rich = [.. accounts.Where(a => a != Poor)];
            await OpenAsync(rich[Dice.Next(rich.Count)]);
            return;
        }

        var lease = open[Dice.Next(open.Count)];
        await (Dice.Next(lease.IsBusy ? 12 : 15) switch
        {
            < 6 => SwitchAsync(lease),
            < 9 => ResizeAsync(lease),
            9 => RepeatAsync(lease),
            < 12 => TellOfThePastAsync(lease),
            < 14 => IsolateOrReleaseAsync(lease),
            _ => CloseAsync(lease),
        });
    }

    /// <summary>Everything ends, and all that waited is told.</summary>
    public async Task EndAsync()
    {
        foreach (var lease in _leases.Where(l => l.EndedAt is null).ToList())
        {
            stage.PassWithinSecond();
            await CloseAsync(lease);
        }

        await Task.WhenAll(_leases.Select(l => l.Requests));
        await _telling.Post.EmptyAsync();
    }

    /// <summary>Of leases that are long gone something is told that was forgotten; of the busy one it is too late for most.</summary>
    public async Task RememberAsync()
    {
        foreach (var lease in _leases)
        {
            // What says what is known already is taken, however late it is: not each of them is refused.
            for (var times = lease.IsBusy ? 12 : 1; times > 0; times--)
                await TellOfThePastAsync(lease);
        }

        await _telling.Post.EmptyAsync();
    }

    /// <summary>As it is told: whose VM may not run does not.</summary>
    public async Task ObeyAsync()
    {
        foreach (var lease in _leases.Where(l => l is { EndedAt: null, Runs: true }))
        {
            if (!await _telling.MayRunAsync(lease))
                Switch(lease, runs: false);
        }
    }

    /// <summary>A VM of somebody's, which runs when this returns.</summary>
    public async Task RunAsync(AccountKey account)
    {
        var lease = await OpenAsync(account);
        while (!await _telling.MayRunAsync(lease))
            await stage.SecondAsync();
        lease.Tell(stage.Now, runs: true);
        await _telling.ReportAsync(lease, stage.Now, runs: true);
    }

    private async Task<PlannedLease> OpenAsync(AccountKey account)
    {
        Dice.Shuffle(nodes);
        var share = (uint)Dice.Next(1, 1_000_000);
        var lease = new PlannedLease(
            $"s{_leases.Count}-{account.SuperToken.ToString()[^4..]}-{account.Payer}",
            account,
            stage.Now,
            Dice.NextInt64(1_000_000_007, 1_000_000_000_007),
            account == Poor ? 0 : Dice.NextInt64(0, 1_000_000_000),
            [(nodes[0], share), (nodes[1], 1_000_000 - share)])
        {
            IsBusy = account != Poor && !_leases.Exists(l => l is { IsBusy: true, EndedAt: null }),
        };
        _leases.Add(lease);
        await _telling.OpenAsync(lease);
        return lease;
    }

    /// <summary>It starts what may run, and stops what runs; told at once, or some milliseconds later, or much later.</summary>
    private async Task SwitchAsync(PlannedLease lease)
    {
        if (lease.Runs || await _telling.MayRunAsync(lease))
            Switch(lease, !lease.Runs);
    }

    private void Switch(PlannedLease lease, bool runs)
    {
        var at = Math.Max(lease.LastTold + 1, stage.Now - Dice.Next(700));
        if (at <= stage.Now && lease.Tell(at, runs))
            _telling.Put(lease, at, runs);
    }

    /// <summary>Some starts and stops within a second: more than the gateway keeps open of one lease.</summary>
    private async Task FlickerAsync(PlannedLease lease)
    {
        if (!await _telling.MayRunAsync(lease))
            return;
        var at = Math.Max(lease.LastTold + 1, stage.Now - 900);
        for (var i = 0; i < 4 && at <= stage.Now; i++)
        {
            if (lease.Tell(at, !lease.Runs))
                _telling.Put(lease, at, lease.Runs);
            at += Dice.Next(1, 300);
        }
    }

    private async Task RepeatAsync(PlannedLease lease)
    {
        if (lease.Arrivals is { Count: > 0 } arrivals && arrivals[Dice.Next(arrivals.Count)] is var report)
            await _telling.ReportAsync(lease, report.At, report.Runs);
    }

    /// <summary>A stop and a start that were forgotten.</summary>
    private async Task TellOfThePastAsync(PlannedLease lease)
    {
        if (lease.LastTold - lease.OpenedAt < 3 || lease.Told.Count == 0)
            return;
        var from = Dice.NextInt64(lease.OpenedAt, lease.LastTold - 1);
        foreach (var (at, runs) in new[] { (Dice.NextInt64(from + 1, lease.LastTold), true), (from, false) })
        {
            if (at < lease.LastTold && lease.Tell(at, runs))
                await _telling.ReportAsync(lease, at, runs);
        }
    }

    private async Task ResizeAsync(PlannedLease lease)
    {
        // What the busy one did is soon settled, and its price with it: by the time that a gateway is there again.
        if (lease.IsBusy && stage.IsLive)
            return;
        var at = lease.IsBusy || Dice.Next(3) == 0 ? stage.Now : Math.Max(lease.OpenedAt, stage.Now - Dice.Next(5_000));
        var rate = Dice.NextInt64(1_000_000_007, 1_000_000_000_007);
        lease.Price(at, stage.Now, rate);
        await _telling.PriceAsync(lease, at, rate);
    }

    private async Task IsolateOrReleaseAsync(PlannedLease lease)
    {
        if (lease.IsIsolated)
        {
            lease.IsIsolated = false;
            await _telling.ReleaseAsync(lease);
            return;
        }

        (lease.IsIsolated, lease.WasIsolated, lease.MayRun) = (true, true, false);
        await _telling.IsolateAsync(lease);
        stage.PassWithinSecond();
        if (lease.Runs)
            Switch(lease, runs: false);
    }

    private async Task CloseAsync(PlannedLease lease)
    {
        var at = Math.Max(lease.OpenedAt, stage.Now - Dice.Next(900));
        lease.End(at, stage.Now);
        await _telling.CloseAsync(lease, at);
    }
}
