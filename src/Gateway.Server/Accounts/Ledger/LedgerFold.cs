using System.Collections.Immutable;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Chains;

namespace Gateway.Server.Accounts.Ledger;

/// <summary>Folds what was read of the chain into a ledger.</summary>
internal sealed class LedgerFold(ChainDirectory directory)
{
    private readonly EndingClassifier _classifier = new(directory.Operator, directory.Deployment.Automations);

    /// <returns>The ledger through that block, and the segments that ended on the way.</returns>
    public (FlowLedger Ledger, ImmutableArray<FlowSegment> Closed) Apply(FlowLedger before, ReadChanges read, BlockRef through) =>
        before.Apply(ChangesOf(before, read), through);

    private IEnumerable<LedgerChange> ChangesOf(FlowLedger before, ReadChanges read)
    {
        var rates = before.Open.ToDictionary(f => f.Key, f => f.Value.Rate);
        foreach (var update in read.Changes)
        {
            var time = read.Times[update.Block];
            var log = update.ToLog(rates.GetValueOrDefault(update.Flow.Payee), time.ToDateTimeOffset());
            rates[update.Flow.Payee] = update.Rate;
            yield return new LedgerChange(
                update.Flow.Payee,
                update.Rate,
                update.Rate.IsZero ? TokenAmount.Zero : BufferDeposit.StoredOf(update.EventDeposit),
                EndingClassifier.Lost(log) ?? TokenAmount.Zero,
                _classifier.CauseOf(log),
                new LedgerMark(time, update.Block, update.LogIndex, update.TransactionHash));
        }
    }
}
