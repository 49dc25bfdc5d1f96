using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Superfluid.Gateway.V1;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger.Schedules;

/// <summary>What a scheduler does at random, told to the gateway as such things are: late, twice, out of order, and after the lease was closed.</summary>
internal sealed class Schedule(ScheduleStage stage, IReadOnlyList<AccountKey> accounts, Address[] nodes)
{
    private const int MostOpen = 10;

    private readonly Post _post = new(stage);
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
        await _post.CarryAsync(3);
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
        await _post.EmptyAsync();
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

        await _post.EmptyAsync();
    }

    /// <summary>As it is told: whose VM may not run does not.</summary>
    public async Task ObeyAsync()
    {
        foreach (var lease in _leases.Where(l => l is { EndedAt: null, Runs: true }))
        {
            if (!await MayRunAsync(lease))
                Switch(lease, runs: false);
        }
    }

    /// <summary>A VM of somebody's, which runs when this returns.</summary>
    public async Task RunAsync(AccountKey account)
    {
        var lease = await OpenAsync(account);
        while (!await MayRunAsync(lease))
            await stage.SecondAsync();
        lease.Tell(stage.Now, runs: true);
        await ReportAsync(lease, stage.Now, runs: true);
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
        var request = new OpenLeaseRequest
        {
            LeaseId = lease.Id,
            VmId = lease.Id,
            Payer = Eip55.Format(account.Payer),
            Token = account.SuperToken.ToString(),
            Price = new Price { FlowRate = $"{lease.FirstRate}" },
            PausedFlowRate = $"{lease.PausedRate}",
            StartsAt = Instant(lease.OpenedAt),
            Payees = { lease.Shares.Select(s => new Wire.Payee { Address = Eip55.Format(s.Payee), SharePpm = s.Share, Role = "node" }) },
        };
        _leases.Add(lease);
        await RequestAsync(lease, c => c.Leases.OpenLeaseAsync(request));
        return lease;
    }

    /// <summary>It starts what may run, and stops what runs; told at once, or some milliseconds later, or much later.</summary>
    private async Task SwitchAsync(PlannedLease lease)
    {
        if (lease.Runs || await MayRunAsync(lease))
            Switch(lease, !lease.Runs);
    }

    private void Switch(PlannedLease lease, bool runs)
    {
        var at = Math.Max(lease.LastTold + 1, stage.Now - Dice.Next(700));
        if (at <= stage.Now && lease.Tell(at, runs))
            Put(lease, at, runs);
    }

    /// <summary>Some starts and stops within a second: more than the gateway keeps open of one lease.</summary>
    private async Task FlickerAsync(PlannedLease lease)
    {
        if (!await MayRunAsync(lease))
            return;
        var at = Math.Max(lease.LastTold + 1, stage.Now - 900);
        for (var i = 0; i < 4 && at <= stage.Now; i++)
        {
            if (lease.Tell(at, !lease.Runs))
                Put(lease, at, lease.Runs);
            at += Dice.Next(1, 300);
        }
    }

    private async Task RepeatAsync(PlannedLease lease)
    {
        if (lease.Arrivals is { Count: > 0 } arrivals && arrivals[Dice.Next(arrivals.Count)] is var report)
            await _post.SendAsync(() => ReportAsync(lease, report.At, report.Runs));
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
                await _post.SendAsync(() => ReportAsync(lease, at, runs));
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
        var request = new UpdateLeaseRequest { LeaseId = lease.Id, Price = new Price { FlowRate = $"{rate}" }, EffectiveAt = Instant(at) };
        await RequestAsync(lease, c => c.Leases.UpdateLeaseAsync(request));
    }

    private async Task IsolateOrReleaseAsync(PlannedLease lease)
    {
        if (lease.IsIsolated)
        {
            lease.IsIsolated = false;
            await RequestAsync(lease, c => c.Operations.ReleaseLeaseAsync(new ReleaseLeaseRequest { LeaseId = lease.Id }));
            return;
        }

        (lease.IsIsolated, lease.WasIsolated, lease.MayRun) = (true, true, false);
        await RequestAsync(lease, c => c.Operations.IsolateLeaseAsync(new IsolateLeaseRequest { LeaseId = lease.Id, Why = "somebody looks at it" }));
        stage.PassWithinSecond();
        if (lease.Runs)
            Switch(lease, runs: false);
    }

    private async Task CloseAsync(PlannedLease lease)
    {
        var at = Math.Max(lease.OpenedAt, stage.Now - Dice.Next(900));
        lease.End(at, stage.Now);
        var request = new CloseLeaseRequest { LeaseId = lease.Id, EndedAt = Instant(at) };
        await RequestAsync(lease, async c =>
        {
            var closed = await c.Leases.CloseLeaseAsync(request);
            lease.IsCloseTaken = true;
            return closed;
        });
    }

    /// <summary>After all that was asked of the lease before.</summary>
    private Task RequestAsync(PlannedLease lease, Func<ScheduleCalls, Task<Lease>> request)
    {
        var before = lease.Requests;
        return _post.SendAsync(() => lease.Requests = InTurnAsync());

        async Task InTurnAsync()
        {
#pragma warning disable VSTHRD003 // Begun by this very object.
            await before;
#pragma warning restore VSTHRD003
            await stage.AskAsync(request);
        }
    }

    /// <summary>It waits in the post, and some of it leaves twice.</summary>
    private void Put(PlannedLease lease, long at, bool runs)
    {
        for (var times = Dice.Next(5) == 0 ? 2 : 1; times > 0; times--)
            _post.Put(() => ReportAsync(lease, at, runs));
    }

    private async Task ReportAsync(PlannedLease lease, long at, bool runs)
    {
        var request = new ReportExecutionRequest { LeaseId = lease.Id, Execution = runs ? Execution.Run : Execution.Pause, At = Instant(at) };
        try
        {
            await stage.AskAsync(c => c.Leases.ReportExecutionAsync(request));
            lease.Arrived(at, runs);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument && e.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations.Any(v => v.Field == "at") == true)
        {
            lease.Refused(at);
        }
    }

    /// <summary>As the gateway says, or, where it cannot be asked, as it said last.</summary>
    private async Task<bool> MayRunAsync(PlannedLease lease)
    {
        if (!lease.IsIsolated && lease.Requests.IsCompleted && await stage.TryAskAsync(c => c.Leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = lease.Id })) is { } told)
            lease.MayRun = told is { State: LeaseState.Active or LeaseState.Updating, Execution: Execution.Run };
        return lease.MayRun;
    }

    private static Timestamp Instant(long milliseconds) => Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
