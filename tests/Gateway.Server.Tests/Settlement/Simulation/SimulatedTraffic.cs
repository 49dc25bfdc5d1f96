using System.Globalization;
using System.Numerics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Tests.Storage;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>Schedulers, payers and the weather: everything that acts on the gateway and on the chain.</summary>
internal sealed class SimulatedTraffic(SimulationWorld world, List<SimulatedProcess> processes)
{
    private readonly List<(LeaseId Id, AccountKey Account)> _leases = [];

    /// <summary>Rates that were wanted of flows.</summary>
    public int Changes => world.Wanted.Count;

    private SimulatedNetwork Network => world.Network;

    public void Act(SimulatedAction action)
    {
        var payer = action.Who % Cast.Accounts.Length;
        var flow = (payer * Cast.Payees.Length) + (action.What % Cast.Payees.Length);
        switch (action.Kind)
        {
            case ActionKind.Open:
                Open(action, Cast.Accounts[payer]);
                break;
            case ActionKind.Resize when _leases.Count > 0:
                Resize(_leases[action.Who % _leases.Count], Cast.Prices[action.What % Cast.Prices.Length]);
                break;
            case ActionKind.Close when _leases.Count > 0:
                Close(_leases[action.Who % _leases.Count]);
                break;
            case ActionKind.PayerCloses:
                Network.ByOther(payer, (ledger, at) => Change(ledger, flow, at, _ => FlowRate.Zero));
                break;
            case ActionKind.PayerRaises:
                Network.ByOther(payer, (ledger, at) => Change(ledger, flow, at, r => r + Cast.Prices[action.What % Cast.Prices.Length]));
                break;
            case ActionKind.PayerLowers:
                Network.ByOther(payer, (ledger, at) => Change(ledger, flow, at, r => Given.Rate((long)r.WeiPerSecond / 2)));
                break;
            case ActionKind.PayerRecreates:
                Recreate(payer, flow, action.What);
                break;
            case ActionKind.Revoke or ActionKind.Grant:
                SetRevoked(payer, action.Kind == ActionKind.Revoke);
                break;
            case ActionKind.Withdraw:
                Network.ByOther(payer, (ledger, at) => SetAvailable(ledger, payer, at, Given.Rate(4000).Over((ulong)(action.What % 1800)).Wei));
                break;
            case ActionKind.Refill:
                Network.ByOther(payer, (ledger, at) => SetAvailable(ledger, payer, at, PayerFunds.Plenty));
                break;
            default:
                BadWeather(action);
                break;
        }
    }

    /// <summary>A scheduler tells what it did, and deadlines come, at whichever process.</summary>
    public void Tick()
    {
        if (Somebody() is not { } process)
            return;
        // The accounts lose nothing here: the journal on chain tells them nothing new.
        if (!world.Lane.IsJournalRead && world.Random.Next(5) == 0)
            world.Lane.ReadJournal();
        foreach (var (lease, (account, execution)) in world.Books.Pending.ToList())
            Report(process, lease, account, execution);
        foreach (var account in Cast.Accounts.Where(a => world.Books.Deadlines.TryGetValue(a, out var at) && at <= world.ServerTime()))
        {
            world.Books.Deadlines[account] = world.ServerTime().AddSeconds(5);
            process.Evaluate(account);
        }
    }

    /// <summary>A watcher hears of most logs, some time.</summary>
    public void Hear(int from)
    {
        foreach (var account in Network.Logs.Skip(from).Select(l => Cast.Accounts[Cast.PayerOf(l.Flow)]).Distinct().ToList())
        {
            if (world.Random.Next(4) > 0)
                Somebody()?.Evaluate(account);
        }
    }

    /// <summary>Customers pay again, and let us act.</summary>
    public void MakeGood()
    {
        for (var i = 0; i < Cast.Accounts.Length; i++)
        {
            var payer = i;
            SetRevoked(payer, isRevoked: false);
            Network.ByOther(payer, (ledger, at) => SetAvailable(ledger, payer, at, PayerFunds.Plenty));
        }
    }

    /// <summary>Empty where everything is as it should be.</summary>
    public string WhatIsLeft()
    {
        if (world.Lane.OpenNonces.Count > 0)
            return $"slot {world.Lane.OpenNonces.First()} is open";
        if (world.Books.Marks.Count > 0)
            return $"{world.Books.Marks[0].Flow} is marked";
        if (world.Lane.Unsettled.Any(f => !IsStray(f)))
            return world.Lane.Describe();
        for (var flow = 0; flow < Cast.Flows.Length; flow++)
        {
            var book = world.Books.Load(Cast.Accounts[Cast.PayerOf(flow)]);
            var rate = Network.Tip.Ledger.FlowAt(flow).Rate;
            if (book.Account.Flows.TryGetValue(Cast.Flows[flow].Payee, out var known) ? known.Desired != rate && !IsNobodysConcern(flow, book) : IsOrphan(flow, rate) && !world.Invariants.HasLost)
                return $"{Cast.Flows[flow]} is at {rate}, wanted is {known?.ToString() ?? "nothing"}: {string.Join('/', book.Leases.Values.Select(l => $"{l.Id} {l.State} {l.Breaker}"))}, next look {world.Books.Deadlines.GetValueOrDefault(book.Account.Key):T}";
        }

        return Cast.Accounts.SelectMany(a => world.Books.Load(a).Leases.Values).FirstOrDefault(IsOnItsWay) is { } lease
            ? string.Create(CultureInfo.InvariantCulture, $"lease {lease.Id} is {lease.State}, {lease.Breaker.State}, {lease.Reason}")
            : "";
    }

    private static bool IsOnItsWay(Lease lease) =>
        lease.State is LeaseState.Opening or LeaseState.Updating or LeaseState.Closing || lease.Breaker.State == BreakerState.HalfOpen;

    /// <summary>Flows that nobody knows of: only bytes that Redis forgot may leave them behind, and people are told of them.</summary>
    public int Strays => Enumerable.Range(0, Cast.Flows.Length).Count(f =>
        !world.Books.Load(Cast.Accounts[Cast.PayerOf(f)]).Account.Flows.ContainsKey(Cast.Flows[f].Payee) && IsOrphan(f, Network.Tip.Ledger.FlowAt(f).Rate));

    private bool IsStray(FlowKey flow) => world.Invariants.HasLost && !world.Books.Load(flow.Account).Account.Flows.ContainsKey(flow.Payee);

    /// <summary>We made it last, and nobody wants it.</summary>
    private bool IsOrphan(int flow, FlowRate rate) => !rate.IsZero && IsOurs(flow);

    /// <summary>Without a lease an account is not looked at, whatever its payer does there.</summary>
    private bool IsNobodysConcern(int flow, AccountBook book) => book.Leases.IsEmpty && !IsOurs(flow);

    private bool IsOurs(int flow) => Network.Logs.LastOrDefault(l => l.Flow == flow) is { Cause: ChangeCause.ByUs };

    private void BadWeather(SimulatedAction action)
    {
        var duration = TimeSpan.FromSeconds(2 + (action.What % 25));
        switch (action.Kind)
        {
            case ActionKind.UseNonce:
                Network.ConsumeByAnother();
                break;
            case ActionKind.ForgetPool:
                Network.ForgetPool();
                break;
            case ActionKind.Resurrect:
                Network.Resurrect(action.What);
                break;
            case ActionKind.RaiseFee:
                Network.BaseFee = Wei.FromGwei((ulong)(action.What % 80) + 1);
                break;
            case ActionKind.LowerFee:
                Network.BaseFee = Wei.FromGwei(1);
                break;
            case ActionKind.Flush:
                world.Flush();
                break;
            case ActionKind.Rollback:
                world.RollBack(action.What);
                break;
            case ActionKind.ExpireLeader:
                world.ExpireLeader();
                break;
            case ActionKind.LagViews:
                world.Views.Lag(action.Who, action.What % 6);
                break;
            case ActionKind.SilenceChain:
                world.Views.AreSilent = true;
                world.Time.After(duration, () => world.Views.AreSilent = false);
                break;
            case ActionKind.HideReceipts:
                world.Views.HideReceipts = true;
                world.Time.After(duration, () => world.Views.HideReceipts = false);
                break;
            case ActionKind.StallBlocks:
                world.AreBlocksStalled = true;
                world.Time.After(duration, () => world.AreBlocksStalled = false);
                break;
            default:
                break; // Of a lease, while there is none.
        }
    }

    private void Open(SimulatedAction action, AccountKey account)
    {
        if (Somebody() is not { } process)
            return;
        var id = string.Create(CultureInfo.InvariantCulture, $"lease-{action.Number}");
        var first = action.What % Cast.Payees.Length;
        var lease = Given.Lease(id, account) with
        {
            Rate = Cast.Prices[action.What / 3 % Cast.Prices.Length],
            OpenedAt = world.ServerTime(),
            Payees =
            [
                new Payee(Cast.Payees[first], SharePpm.FromPpm(800_000), "node"),
                new Payee(Cast.Payees[(first + 1) % Cast.Payees.Length], SharePpm.FromPpm(200_000), "community"),
            ],
        };
        _leases.Add((lease.Id, account));
        world.BeginHint(() => process.Accounts.OpenAsync(lease));
    }

    private void Resize((LeaseId Id, AccountKey Account) lease, FlowRate rate) => Ask(lease, (book, now) =>
        AccountMachine.Update(book, lease.Id, new LeaseChange(rate, Priority: null, PausedRate: null, now, TraceParent: null)));

    private void Close((LeaseId Id, AccountKey Account) lease) => Ask(lease, (book, now) =>
        AccountMachine.Close(book, lease.Id, now, traceParent: null));

    /// <summary>A request at some process; what does not come through is not repeated, and not accepted either.</summary>
    private void Ask((LeaseId Id, AccountKey Account) lease, Func<AccountBook, DateTimeOffset, Decision?> decide)
    {
        if (Somebody() is not { } process)
            return;
        world.BeginHint(() => process.Accounts.ChangeAsync(
            lease.Account, book => book.Leases.TryGetValue(lease.Id, out var present) && present.State != LeaseState.Closing ? decide(book, process.Clock.GetUtcNow()) : null));
    }

    private void Report(SimulatedProcess process, LeaseId lease, AccountKey account, Execution execution) => world.BeginHint(async () =>
    {
        var report = new ExecutionReport(execution, world.ServerTime(), DirectiveId: null);
        await process.Accounts.ChangeAsync(account, book => book.Leases.ContainsKey(lease) ? AccountMachine.Report(book, lease, report) : null);
        if (world.Books.Pending.TryGetValue(lease, out var pending) && pending.Execution == execution)
            world.Books.Pending.Remove(lease);
    });

    private SimulatedProcess? Somebody()
    {
        var up = processes.Where(p => p.IsUp).ToList();
        return up.Count > 0 ? up[world.Random.Next(up.Count)] : null;
    }

    private void SetRevoked(int payer, bool isRevoked) => Network.ByOther(payer, (ledger, _) =>
    {
        ledger.SetRevoked(payer, isRevoked);
        return true;
    });

    private static bool SetAvailable(SimulatedLedger ledger, int payer, ulong at, BigInteger available)
    {
        ledger.SetTotal(payer, ledger.TotalOf(payer, at) - ledger.AvailableOf(payer, at) + available, at);
        return true;
    }

    /// <summary>Closed and made again at the same rate, a block later or in the same one.</summary>
    private void Recreate(int payer, int flow, int what)
    {
        var rate = Network.Tip.Ledger.FlowAt(flow).Rate;
        Network.ByOther(payer, (ledger, at) => Change(ledger, flow, at, _ => FlowRate.Zero));
        world.Time.After(TimeSpan.FromSeconds(what % 3), () => Network.ByOther(payer, (ledger, at) => Change(ledger, flow, at, _ => rate)));
    }

    private static bool Change(SimulatedLedger ledger, int flow, ulong at, Func<FlowRate, FlowRate> change)
    {
        var before = ledger.FlowAt(flow).Rate;
        var after = change(before);
        if (before == after || ledger.AvailableOf(Cast.PayerOf(flow), at).Sign < 0)
            return false;
        ledger.Set(flow, after, at);
        return true;
    }
}
