using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Configuration;
using Gateway.Server.Evaluation;
using Gateway.Server.Settlement;
using Gateway.Server.Tests.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Server.Tests.Settlement.Simulation;

/// <summary>One process's way to the accounts: load → decide → persist, as AccountSession and AccountEvaluator do it, with the real machine and breakers.</summary>
internal sealed class AccountsPort(
    SimulatedBooks books, InMemoryLane lane, SimulatedNetwork network, ChainPort chain, ProcessCalls calls, ProcessClock clock) : ILaneAccounts
{
    private const int MaxRounds = 50;

    private static readonly AccountPolicies Policies = new(Options.Create(new PolicyOptions()), Options.Create(new ChainOptions()));

    private readonly LeaseBreakers _breakers = new(Options.Create(new BreakerOptions()), clock);

    private AccountAssessor Assessor => new(_breakers, Policies, clock);

    public Task<IReadOnlyList<FlowMark>> MarksAsync(CancellationToken cancellationToken) => calls.StoreAsync(() => books.Marks);

    public Task ClearMarkAsync(FlowMark mark, CancellationToken cancellationToken) => calls.StoreAsync(() =>
    {
        books.ClearMark(mark.Flow, mark.Generation);
        return true;
    });

    public Task<AccountBook> LoadAsync(AccountKey account, CancellationToken cancellationToken) => calls.StoreAsync(() => books.Load(account));

    public Task RefuseAsync(AccountKey account, SettlementRefusal refusal, CancellationToken cancellationToken) =>
        ChangeAsync(account, book => AccountMachine.Refuse(book, refusal, clock.GetUtcNow()));

    public async Task EvaluateAsync(AccountKey account, CancellationToken cancellationToken)
    {
        for (var round = 0; round < 5; round++)
        {
            var book = await LoadAsync(account, cancellationToken);
            if (book.Leases.IsEmpty && book.Account.Flows.IsEmpty)
                return;
            var payees = book.Payees;
            var progress = await calls.StoreAsync(() => payees.ToDictionary(p => p, p => ProgressOf(account, p)));
            var head = await chain.HeadAsync(cancellationToken);
            var seen = await chain.LookAsync(account, payees, head.Block, cancellationToken);
            var underWay = payees.Where(p => progress[p] is not { } readAt || readAt > seen.Block.Number).ToImmutableHashSet();
            var outlook = await calls.StoreAsync(() => lane.Outlook);
            if (await TakeOverAsync(account, payees, seen, underWay, outlook))
                return;
        }
    }

    public async Task OpenAsync(Lease lease)
    {
        var head = await chain.HeadAsync(CancellationToken.None);
        var seen = await chain.LookAsync(lease.Account, [.. lease.Payees.Select(p => p.Address)], head.Block, CancellationToken.None);
        await ChangeAsync(lease.Account, book => book.Leases.ContainsKey(lease.Id) ? null : AccountMachine.Open(book, lease, seen));
    }

    public async Task ChangeAsync(AccountKey account, Func<AccountBook, Decision?> decide)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var before = await LoadAsync(account, CancellationToken.None);
            if (decide(before) is not { } decided)
                return;
            var decision = AccountMachine.Correct(before, decided, Policies.For(account), clock.GetUtcNow());
            if (IsNothing(before, decision))
                return;
            var deadline = AccountDeadline.Next(decision.Book, Policies.For(account), Policies.AuditInterval, clock.GetUtcNow());
            if (!await calls.StoreAsync(() => books.Commit(before, decision, deadline)))
                continue;
            foreach (var ended in decision.Book.Leases.Values.Where(l => l.IsEnded))
                _breakers.Forget(ended.Id);
            return;
        }
    }

    private async Task<bool> TakeOverAsync(
        AccountKey account, ImmutableHashSet<Address> payees, AccountObservation seen, ImmutableHashSet<Address> underWay, SettlementOutlook outlook)
    {
        var (isComplete, rounds) = (true, 0);
        await ChangeAsync(account, current =>
        {
            if (rounds++ > 0)
                Assessor.Forget(current);
            isComplete = current.Payees.IsSubsetOf(payees);
            return isComplete && !current.Account.Flows.Values.Any(f => f.ObservedAt > seen.Block.Number)
                ? Assessor.Decide(current, seen, ChangesOf(current.Account, seen.Block.Number), underWay, outlook)
                : null;
        });
        return isComplete;
    }

    private BlockNumber? ProgressOf(AccountKey account, Address payee)
    {
        var flow = new FlowKey(account.SuperToken, account.Payer, payee);
        return books.IsMarked(flow) ? null : lane.Progress(flow);
    }

    private List<FlowChange> ChangesOf(Account account, BlockNumber until) =>
    [
        .. network.Logs
            .Where(l => l.Block <= until.Value && Cast.PayerOf(l.Flow) == Cast.PayerOf(account.Key)
                && account.Flows.TryGetValue(Cast.Flows[l.Flow].Payee, out var flow) && l.Block > flow.ObservedAt.Value)
            .Select(l => new FlowChange(Cast.Flows[l.Flow].Payee, l.After, l.Cause, ReasonOf(l), EvidenceOf(l))),
    ];

    private Evidence EvidenceOf(FlowLog log) =>
        new(new BlockNumber(log.Block), network.Blocks[(int)log.Block].Ref.Time.ToDateTimeOffset(), log.Transaction, "");

    private static Reason ReasonOf(FlowLog log) => log.Cause switch
    {
        ChangeCause.Liquidated => Reason.FlowLiquidated,
        ChangeCause.ByPayer when log.After.IsZero => Reason.FlowClosedByPayer,
        ChangeCause.ByPayer when log.After < log.Before => Reason.FlowRateLowered,
        _ => Reason.Unspecified,
    };

    private static bool IsNothing(AccountBook before, Decision decision) =>
        decision.Effects.Count == 0
        && before.Account.Equals(decision.Book.Account)
        && before.Leases.Values.SequenceEqual(decision.Book.Leases.Values);
}
