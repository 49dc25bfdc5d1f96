using System.Collections.Immutable;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Server.Accounts.Statements;

/// <summary>A flow as it stood when a period began.</summary>
/// <param name="OpenedBy">The transaction that gave it this rate; null where its log is not to be found any more.</param>
internal sealed record FlowStart(Address Payee, FlowRate Rate, Hash32? OpenedBy);

/// <summary>One FlowUpdated.</summary>
internal sealed record RateChange(Address Payee, FlowRate Rate, BlockTime At, Hash32 Transaction);

/// <summary>A flow at one constant rate, from one block to another.</summary>
internal sealed record FlowPeriod(Address Payee, FlowRate Rate, BlockTime From, BlockTime To, Hash32? OpenedBy)
{
    /// <summary>The transaction that gave it another rate; null: it stands.</summary>
    public Hash32? EndedBy { get; init; }

    /// <summary>Exact: the chain moves whole seconds' worth.</summary>
    public TokenAmount Streamed => Rate.Over(To.UnixSeconds - From.UnixSeconds);
}

/// <summary>Cuts what flowed into periods of constant rates.</summary>
internal static class FlowPeriods
{
    /// <param name="starts">Of every flow that stood at <paramref name="from"/>.</param>
    /// <param name="changes">After <paramref name="from"/>, up to <paramref name="to"/>, in the order of the chain.</param>
    /// <returns>Ordered by time; a rate that did not last a second streamed nothing and is left out.</returns>
    public static ImmutableArray<FlowPeriod> Of(IEnumerable<FlowStart> starts, IEnumerable<RateChange> changes, BlockTime from, BlockTime to)
    {
        var periods = new List<FlowPeriod>();
        var open = starts.ToDictionary(s => s.Payee, s => new FlowPeriod(s.Payee, s.Rate, from, to, s.OpenedBy));
        foreach (var change in changes)
        {
            if (open.TryGetValue(change.Payee, out var before))
                periods.Add(before with { To = change.At, EndedBy = change.Transaction });
            open[change.Payee] = new FlowPeriod(change.Payee, change.Rate, change.At, to, change.Transaction);
        }

        return [.. periods.Concat(open.Values).Where(p => !p.Rate.IsZero && p.To > p.From).OrderBy(p => p.From).ThenBy(p => p.Payee)];
    }
}
