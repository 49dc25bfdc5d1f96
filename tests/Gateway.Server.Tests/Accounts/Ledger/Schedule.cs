using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Leases.Requests;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Operations;
using Gateway.Server.Storage;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Accounts.Ledger;

/// <summary>What a scheduler does at random, told to the gateway as it would be: late, twice, and out of order too.</summary>
internal sealed class Schedule(ScheduleRun run, IReadOnlyList<AccountKey> accounts, Address[] nodes)
{
    private readonly List<PlannedLease> _leases = [];

    public IReadOnlyList<PlannedLease> Leases => _leases;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LeaseRules Rules => run.Get<LeaseRules>();

    /// <summary>One thing, and up to three seconds.</summary>
    public async Task HappenAsync()
    {
        for (var seconds = run.Dice.Next(4); seconds > 0; seconds--)
            await run.SecondAsync();
        run.PassWithinSecond();
        List<PlannedLease> open = [.. _leases.Where(l => l.EndedAt is null)];
        if (open.Count < 4 || (open.Count < 10 && run.Dice.Next(6) == 0))
        {
            await OpenAsync();
            return;
        }

        var lease = open[run.Dice.Next(open.Count)];
        await (run.Dice.Next(12) switch
        {
            < 6 => SwitchAsync(lease),
            < 8 => ResizeAsync(lease),
            8 => RepeatAsync(lease),
            9 => TellOfThePastAsync(lease),
            10 => IsolateOrReleaseAsync(lease),
            _ => CloseAsync(lease),
        });
    }

    public async Task EndAsync()
    {
        foreach (var lease in _leases.Where(l => l.EndedAt is null).ToList())
        {
            run.PassWithinSecond();
            await CloseAsync(lease);
        }
    }

    private async Task OpenAsync()
    {
        var account = accounts[run.Dice.Next(accounts.Count)];
        var (rate, paused) = (run.Dice.NextInt64(1_000_000_007, 1_000_000_000_007), run.Dice.NextInt64(0, 1_000_000_000));
        var lease = new PlannedLease($"s{_leases.Count}-{account.SuperToken.ToString()[^4..]}-{account.Payer}", account, run.Now, rate, paused);
        var share = (uint)run.Dice.Next(1, 1_000_000);
        run.Dice.Shuffle(nodes);
        var request = new Wire.OpenLeaseRequest
        {
            LeaseId = lease.Id,
            VmId = lease.Id,
            Payer = Eip55.Format(account.Payer),
            Token = account.SuperToken.ToString(),
            Price = new Wire.Price { FlowRate = $"{rate}" },
            PausedFlowRate = $"{paused}",
            Payees =
            {
                new Wire.Payee { Address = Eip55.Format(nodes[0]), SharePpm = share, Role = "node" },
                new Wire.Payee { Address = Eip55.Format(nodes[1]), SharePpm = 1_000_000 - share, Role = "node" },
            },
        };
        await run.Get<OpenLease>().RunAsync(OpenOrder.Read(request, Rules), Cancellation);
        _leases.Add(lease);
    }

    /// <summary>It starts what may run, and stops what runs; told at once, or some milliseconds later.</summary>
    private async Task SwitchAsync(PlannedLease lease)
    {
        if (!lease.Runs && !await MayRunAsync(lease))
            return;
        var runs = !lease.Runs;
        var at = Math.Max(lease.LastTold + 1, run.Now - run.Dice.Next(700));
        if (at <= run.Now && lease.Tell(at, runs))
            await ReportAsync(lease, at, runs);
    }

    private async Task RepeatAsync(PlannedLease lease)
    {
        if (lease.Told.Count == 0)
            return;
        var (at, runs) = lease.Told.ElementAt(run.Dice.Next(lease.Told.Count));
        await ReportAsync(lease, at, runs);
    }

    /// <summary>A stop and a start that were forgotten, the later one first.</summary>
    private async Task TellOfThePastAsync(PlannedLease lease)
    {
        if (lease.LastTold - lease.OpenedAt < 3 || lease.Told.Count == 0)
            return;
        var from = run.Dice.NextInt64(lease.OpenedAt, lease.LastTold - 1);
        foreach (var (at, runs) in new[] { (run.Dice.NextInt64(from + 1, lease.LastTold), true), (from, false) })
        {
            if (at < lease.LastTold && lease.Tell(at, runs))
                await ReportAsync(lease, at, runs);
        }
    }

    private async Task ResizeAsync(PlannedLease lease)
    {
        var at = run.Dice.Next(2) == 0 ? run.Now : Math.Max(lease.OpenedAt, run.Now - run.Dice.Next(5_000));
        var rate = run.Dice.NextInt64(1_000_000_007, 1_000_000_000_007);
        var request = new Wire.UpdateLeaseRequest { LeaseId = lease.Id, Price = new Wire.Price { FlowRate = $"{rate}" }, EffectiveAt = Instant(at) };
        await run.Get<UpdateLease>().RunAsync(UpdateOrder.Read(request, Rules), Cancellation);
        lease.Price(at, rate);
    }

    private async Task IsolateOrReleaseAsync(PlannedLease lease)
    {
        var id = LeaseId.Parse(lease.Id);
        if (lease.IsIsolated)
        {
            await run.Get<BreakerHand>().ReleaseAsync(id, Cancellation);
            lease.IsIsolated = false;
            return;
        }

        await run.Get<BreakerHand>().IsolateAsync(id, "somebody looks at it", Cancellation);
        (lease.IsIsolated, lease.WasIsolated) = (true, true);
        run.PassWithinSecond();
        if (lease.Runs)
            await SwitchAsync(lease);
    }

    private async Task CloseAsync(PlannedLease lease)
    {
        var at = Math.Max(lease.OpenedAt, run.Now - run.Dice.Next(900));
        await run.Get<CloseLease>().RunAsync(CloseOrder.Read(new Wire.CloseLeaseRequest { LeaseId = lease.Id, EndedAt = Instant(at) }, Rules), Cancellation);
        lease.EndedAt = at;
    }

    private async Task ReportAsync(PlannedLease lease, long at, bool runs)
    {
        var request = new Wire.ReportExecutionRequest { LeaseId = lease.Id, Execution = runs ? Wire.Execution.Run : Wire.Execution.Pause, At = Instant(at) };
        await run.Get<ReportExecution>().RunAsync(ReportOrder.Read(request, Rules), Cancellation);
    }

    private async Task<bool> MayRunAsync(PlannedLease lease) =>
        await run.Get<AccountStore>().FindLeaseAsync(lease.Account, LeaseId.Parse(lease.Id), Cancellation) is { State: LeaseState.Active or LeaseState.Updating, MayRun: true };

    private static Timestamp Instant(long milliseconds) => Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
