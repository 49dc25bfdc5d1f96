using System.Collections.Immutable;
using System.Diagnostics;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Chains;
using Gateway.Server.Storage;
using Gateway.Server.Telemetry;

namespace Gateway.Server.Evaluation;

/// <summary>One look at one account: what an executed block shows, who changed it, what follows for its leases.</summary>
/// <remarks>Level-triggered: it needs no event, only somebody who says "look". Whatever was missed since the last look is found by reading.</remarks>
internal sealed class AccountEvaluator(
    AccountStore store, AccountSession session, AccountLookout lookout, ChainDirectory directory, FlowLogReader logs, AccountAssessor assessor)
{
    /// <summary>Looks that are repeated because leases with other payees were opened meanwhile.</summary>
    private const int MaxRounds = 5;

    /// <param name="at">A block that is known to be executed, or null: the newest one.</param>
    /// <returns>What logs told of its flows that nobody had taken over before.</returns>
    /// <exception cref="Gateway.Chain.Transport.ChainException">The chain cannot be asked: unknown, not unpaid.</exception>
    /// <exception cref="ChainUnverifiedException">Nothing is known of the account's token.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<ImmutableArray<FlowChange>> EvaluateAsync(AccountKey key, BlockRef? at, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.Source.StartActivity(GatewayTelemetry.Spans.AccountEvaluate)?
            .SetTag(GatewayTelemetry.Attributes.Payer, key.Payer.ToString())
            .SetTag(GatewayTelemetry.Attributes.SuperToken, key.SuperToken.ToString());
        for (var round = 0; round < MaxRounds; round++)
        {
            var book = await store.LoadAsync(key, cancellationToken);
            if (book.Leases.IsEmpty && book.Account.Flows.IsEmpty)
                return []; // Nobody depends on it.
            var look = await lookout.LookAsync(key, book.Payees, at, cancellationToken);
            span?.SetTag(GatewayTelemetry.Attributes.BlockNumber, (long)look.Seen.Block.Number.Value);
            var told = await ChangesAsync(book, look.Seen, cancellationToken);
            if (await TakeOverAsync(book, look, told, cancellationToken) is { } taken)
                return taken;
        }

        span?.SetStatus(ActivityStatusCode.Error, "the account's payees keep changing");
        return [];
    }

    /// <summary>The account cannot be looked at: decides by what was last verified.</summary>
    /// <exception cref="ChainUnverifiedException">Nothing is known of the account's token.</exception>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task EvaluateUnverifiedAsync(AccountKey key, CancellationToken cancellationToken)
    {
        var parameters = directory.ParametersOf(key.SuperToken);
        var rounds = 0;
        await session.ChangeAsync(
            key,
            current =>
            {
                if (rounds++ > 0)
                    assessor.Forget(current);
                return assessor.DecideUnverified(current, parameters);
            },
            cancellationToken);
    }

    /// <param name="asked">The account as it was before settlement and the chain were asked.</param>
    /// <param name="told">Changes from the blocks on up to which the flows' ledgers are certain.</param>
    /// <returns>The changes that were new; null where the account has payees by now that were not looked at.</returns>
    private async Task<ImmutableArray<FlowChange>?> TakeOverAsync(
        AccountBook asked, VerifiedLook look, ImmutableArray<FlowChange> told, CancellationToken cancellationToken)
    {
        var (isComplete, rounds, taken) = (true, 0, ImmutableArray<FlowChange>.Empty);
        await session.ChangeAsync(
            asked.Account.Key,
            current =>
            {
                if (rounds++ > 0)
                    assessor.Forget(current);
                isComplete = current.Payees.IsSubsetOf(look.Payees);
                taken = NewTo(current.Account, told);
                return isComplete && !IsOlder(look.Seen, current.Account)
                    ? assessor.Decide(current, look.Seen, taken, look.UnderWay.Union(MarkedSince(asked.Account, current.Account)), look.Outlook, told)
                    : null;
            },
            cancellationToken);
        return isComplete ? taken : null;
    }

    private async Task<ImmutableArray<FlowChange>> ChangesAsync(AccountBook book, AccountObservation seen, CancellationToken cancellationToken)
    {
        var account = book.Account;
        var changed = account.Flows.Values.Where(f => MayHaveChanged(f, account, seen)).ToList();
        if (changed.Count == 0)
            return [];
        var rates = account.Flows.Values.ToDictionary(f => f.Payee, f => f.Ledger?.Rate ?? f.Observed.Rate);
        var after = changed.Min(CertainUpTo);
        var told = await logs.ReadAsync(account.Key, rates, after, seen.Block, ofAll: false, cancellationToken);
        // An endpoint that has lost a log answers without it for ever; another one has it.
        return AccountMachine.Unexplained(book, seen, NewTo(account, told)).Any() || AccountMachine.Unaccounted(book, seen, told).Any()
            ? await logs.ReadAsync(account.Key, rates, after, seen.Block, ofAll: true, cancellationToken)
            : told;
    }

    /// <summary>The chain says otherwise of the flow than was last seen, or than its ledger has it; or nothing flows there, as before, and something of the payer's has changed: what was opened and closed again leaves no other trace.</summary>
    private static bool MayHaveChanged(Flow flow, Account account, AccountObservation seen)
    {
        var reading = seen.FlowTo(flow.Payee);
        return (flow.Observed.Rate, flow.Observed.LastUpdated) != (reading.Rate, reading.LastUpdated)
            || (flow.Ledger is { } ledger && (ledger.Rate, ledger.LastUpdated) != (reading.Rate, reading.LastUpdated))
            || (reading.Rate.IsZero && seen.LastChanged != (account.Health?.LastChanged ?? default));
    }

    private static BlockNumber CertainUpTo(Flow flow) => flow.Ledger is { } ledger && ledger.Block < flow.ObservedAt ? ledger.Block : flow.ObservedAt;

    /// <summary>Each flow's changes from its own last reading on: what came before was taken over with it, perhaps by another replica a moment ago.</summary>
    private static ImmutableArray<FlowChange> NewTo(Account account, ImmutableArray<FlowChange> changes) =>
        [.. changes.Where(c => account.Flows.TryGetValue(c.Payee, out var flow) && c.Evidence.Block > flow.ObservedAt)];

    /// <summary>Payees whose flow was marked after settlement was asked: it cannot have told of those.</summary>
    private static IEnumerable<Address> MarkedSince(Account asked, Account current) =>
        current.Flows.Values.Where(f => f.Generation != (asked.Flows.GetValueOrDefault(f.Payee)?.Generation ?? 0)).Select(f => f.Payee);

    private static bool IsOlder(AccountObservation seen, Account account) => account.Flows.Values.Any(f => f.ObservedAt > seen.Block.Number);
}
