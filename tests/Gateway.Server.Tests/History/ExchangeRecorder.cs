using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Testing.History;

namespace Gateway.Server.Tests.History;

/// <summary>Keeps what each stored decision told schedulers, and what it took over from them.</summary>
internal sealed class ExchangeRecorder
{
    private readonly List<Exchange> _all = [];
    private readonly Dictionary<LeaseId, Dictionary<FlowKey, FlowRate>> _least = [];

    public IReadOnlyList<Exchange> All => _all;

    public IReadOnlyList<RecordedLease> Leases => [.. _least.Select(l => new RecordedLease(l.Key, l.Value))];

    public void Committed(AccountBook before, Decision decision)
    {
        Price(decision.Book);
        foreach (var stopped in decision.Book.Leases.Values.Where(l => !l.MayRun && before.Leases.GetValueOrDefault(l.Id) is { MayRun: true }))
            _all.Add(new Exchange.Stopped(stopped.Id));

        foreach (var told in decision.Effects.OfType<Effect.IssueDirective>())
            _all.Add(new Exchange.Told(told.Lease, told.Execution, told.Reason, told.Evidence?.Block, told.Evidence?.TransactionHash));
    }

    /// <summary>Takes over what the leases cost now.</summary>
    public void Price(AccountBook book)
    {
        foreach (var lease in book.Leases.Values)
            Price(lease);
    }

    private void Price(Lease lease)
    {
        var least = _least.TryGetValue(lease.Id, out var known) ? known : _least[lease.Id] = [];
        foreach (var payee in lease.Payees.Select(p => p.Address).Distinct())
        {
            var (flow, leg) = (new FlowKey(lease.Account.SuperToken, lease.Account.Payer, payee), lease.PartOf(lease.Rate, payee));
            least[flow] = least.TryGetValue(flow, out var before) ? FlowRate.Min(before, leg) : leg;
        }
    }
}
