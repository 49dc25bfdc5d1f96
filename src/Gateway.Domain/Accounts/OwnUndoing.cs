using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Accounts;

/// <summary>
/// A flow that our own earlier transaction lowered after it had passed for what a newer lease wants: the close of one lease was under way when another one was
/// opened at a price that the flow still paid. Nobody has disrupted it, and settlement raises it again.
/// </summary>
internal static class OwnUndoing
{
    /// <summary>Leases that such a flow no longer carries are not paid yet, like one whose price was raised: our own delay, and borne no longer than that.</summary>
    public static AccountBook TakeBack(AccountBook book, IReadOnlyList<FlowChange> changes, AccountObservation seen, List<Effect> effects)
    {
        foreach (var flow in book.Account.Flows.Values)
        {
            if (changes.LastOrDefault(c => c.Payee == flow.Payee) is not { IsExternal: false } ours || ours.Rate != seen.FlowTo(flow.Payee).Rate)
                continue;
            foreach (var id in Coverage.UncoveredBy(book, flow))
            {
                var unpaid = book.Leases[id] with { State = LeaseState.Updating, PaidRate = FlowRate.Zero };
                effects.Add(AccountMachine.Note(unpaid, NoteKind.Observation, $"an earlier change of ours took its flow to {flow.Payee}", ours.Evidence));
                book = book.With(unpaid);
            }
        }

        return book;
    }
}
