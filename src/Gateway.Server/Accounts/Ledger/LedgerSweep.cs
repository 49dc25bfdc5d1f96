using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Gateway.Server.Resilience;
using Gateway.Server.Storage;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Moves on the ledgers of many accounts at once, at which nothing has changed. It reads no lease, and says of no account more than that.</summary>
/// <remarks>
/// One request asks for the logs of many payers, one call for their states: no log, no change of any flow since by the CFA's own record, and the buffers that the ledger
/// says. Everything else is left to <see cref="LedgerUpkeep"/>.
/// </remarks>
internal sealed class LedgerSweep(LedgerBatches store, LedgerReader reader, RpcPool rpc, BlockClock clock, PeriodCloser closer, ChainDirectory directory)
{
    /// <summary>Payers of one request: as many as topics go into a URL-sized filter, and as views into one call's gas.</summary>
    private const int AtOnce = 256;

    private readonly AgreementViews _agreements = new(directory.Deployment.Contracts);

    /// <param name="heldUntil">As the accounts were claimed.</param>
    /// <param name="next">When those that are moved on come again.</param>
    /// <returns>Accounts that need a look of their own.</returns>
    /// <exception cref="StoreUnavailableException">Redis has no answer.</exception>
    public async Task<IReadOnlyList<AccountKey>> RunAsync(
        IReadOnlyList<AccountKey> due, BlockRef head, DateTimeOffset heldUntil, DateTimeOffset next, CancellationToken cancellationToken)
    {
        var standing = (await store.ReadAsync(due, cancellationToken)).Where(s => MayStand(s, head));
        HashSet<AccountKey> left = [.. due];
        foreach (var some in standing.GroupBy(s => s.Account.SuperToken).SelectMany(g => g.OrderBy(s => s.Ledger.Through!.Number).Chunk(AtOnce))) // They were stored.
        {
            try
            {
                if (await UnchangedAsync(some, head, cancellationToken) is not { } unchanged)
                {
                    left.ExceptWith(some.Select(s => s.Account)); // Alone they would be told no better. They come again.
                    continue;
                }

                await store.ContinueAsync(unchanged, head, heldUntil, next, cancellationToken);
                left.ExceptWith(unchanged.Select(s => s.Account));
            }
            catch (Exception e) when (e is ChainException or HistoryUnavailableException)
            {
                // Each for itself, then: one of them may be the reason.
            }
        }

        return [.. left];
    }

    private bool MayStand(StandingLedger standing, BlockRef head) =>
        standing.Ledger.Through is { } through && through.Number <= head.Number && LedgerReader.EndOf(through.Number.Plus(1), head.Number) == head.Number
        && !closer.MayBeDue(standing.LastClosed ?? standing.Ledger.Origin?.At.Time, head);

    /// <returns>Null: too few endpoints answer.</returns>
    private async Task<IReadOnlyList<StandingLedger>?> UnchangedAsync(StandingLedger[] some, BlockRef head, CancellationToken cancellationToken)
    {
        var known = await KnownAsync(some, cancellationToken);
        List<StandingLedger> there = [.. known.Where(s => s.Ledger.Through == head)];
        known.RemoveAll(there.Contains);
        if (known.Count == 0)
            return there;
        var (token, from) = (known[0].Account.SuperToken, known[0].Ledger.Through!.Number.Plus(1)); // The earliest one; they were stored.
        if (await reader.TouchedAsync(token, [.. known.Select(s => s.Account.Payer)], from, head.Number, cancellationToken) is not { } touched)
            return null;
        List<StandingLedger> quiet = [.. known.Where(s => !touched.TryGetValue(s.Account.Payer, out var last) || last <= s.Ledger.Through!.Number)];
        var views = quiet.Select(s => _agreements.AccountFlows(s.Account)).ToList();
        var answers = quiet.Count > 0 ? await ManyViews.AskAsync(rpc, [.. views.Select(v => v.Request)], head.Number, cancellationToken) : [];
        return [.. there, .. quiet.Where((s, i) => answers[i] is { } answer && IsAsBefore(s, views[i].Read(answer)))];
    }

    /// <summary>The record counts whole seconds: a change in the very second of the ledger's block may have been in a later block.</summary>
    private static bool IsAsBefore(StandingLedger standing, AccountFlows seen) =>
        seen.LastChanged < standing.Ledger.Through!.Time && seen.Deposit == standing.Ledger.Buffers;

    /// <summary>Those whose block the chain still has.</summary>
    private async Task<List<StandingLedger>> KnownAsync(StandingLedger[] some, CancellationToken cancellationToken)
    {
        List<StandingLedger> known = [];
        foreach (var at in some.GroupBy(s => s.Ledger.Through!))
        {
            if ((await clock.BlockAsync(at.Key.Number, cancellationToken)).Hash == at.Key.Hash)
                known.AddRange(at);
        }

        return known;
    }
}
