using System.Collections.Immutable;
using System.Globalization;
using Gateway.Chain.Rpc;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Accounts.Ledger;
using Gateway.Server.Accounts.Statements;
using Gateway.Server.Chains;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>What a statement says of flows and buffers, derived again from the chain's logs.</summary>
internal sealed class FlowProof(FlowHistory history, IEthRpc rpc, ChainDirectory directory, BlockClock clock)
{
    private readonly AgreementViews _agreements = new(directory.Deployment.Contracts);

    /// <summary>Each flow period: from the state where the period begins, and the logs behind it; not by the way of the ledger.</summary>
    /// <param name="from">Where the period begins, or, within it, the ledger.</param>
    public async Task<IReadOnlyList<Wire.VerifiedLine>> FlowsAsync(AccountKey account, Wire.Statement statement, BlockTime from, BlockRef head, CancellationToken cancellationToken)
    {
        ImmutableArray<Address> payees = [.. statement.Payees.Select(p => Address.Parse(p.Payee))];
        var periods = await history.ReadAsync(account, payees, from, BorderOf(statement.To), head, cancellationToken);
        return
        [
            .. Verdicts.CompareEach("flow", statement.Flows.Select(TextOf), periods.Select(p => TextOf(p, statement))),
            Verdicts.Compare("streamed", statement.Streamed, periods.Aggregate(TokenAmount.Zero, (sum, p) => sum + p.Streamed).ToDecimal()),
            .. statement.Payees.Select(p => Verdicts.Compare(
                $"streamed to {p.Payee}",
                p.Streamed,
                periods.Where(f => f.Payee == Address.Parse(p.Payee)).Aggregate(TokenAmount.Zero, (sum, f) => sum + f.Streamed).ToDecimal())),
        ];
    }

    /// <param name="from">Where the period begins, or, within it, the ledger.</param>
    /// <param name="fresh">From the chain alone.</param>
    /// <param name="isOpen">It goes to the head of its time: what happened in that second is in it.</param>
    public static IEnumerable<Wire.VerifiedLine> Buffers(Wire.Statement statement, BlockTime from, LedgerView fresh, bool isOpen)
    {
        var payees = statement.Payees.Select(p => Address.Parse(p.Payee)).ToHashSet();
        var to = BorderOf(statement.To);
        var stretches = SegmentCut.Stretches(fresh.Segments.Where(s => payees.Contains(s.Payee)), from, to).Select(StatementMapping.ToWire);
        foreach (var line in Verdicts.CompareEach("hands and buffer of flow", statement.Flows.Select(f => EdgesOf(f, statement)), stretches.Select(f => EdgesOf(f, statement))))
            yield return line;
        var derived = SegmentCut.BufferMoves(fresh.Segments.Where(s => payees.Contains(s.Payee)), from, isOpen ? to.PlusSeconds(1) : to);
        foreach (var line in Verdicts.CompareEach("buffer", statement.Buffers.Select(TextOf), derived.Select(TextOf)))
            yield return line;
        yield return Verdicts.Compare("buffers taken", statement.Buffer.Taken, Sum(derived, b => b.Taken));
        yield return Verdicts.Compare("buffers returned", statement.Buffer.Returned, Sum(derived, b => b.Returned));
        yield return Verdicts.Compare("buffers lost", statement.Buffer.Lost, Sum(derived, b => b.Lost));
        var held = SegmentCut.Held(fresh.Segments.Where(s => payees.Contains(s.Payee)), LastSecondOf(statement, isOpen));
        yield return Verdicts.Compare("buffers held", statement.Buffer.Held, held.ToDecimal());
    }

    /// <summary>Buffers that were locked up at the statement's end, as the state of the chain has them there; it knows no logs.</summary>
    public async Task<Wire.VerifiedLine> HeldAsync(AccountKey account, Wire.Statement statement, BlockRef head, bool isOpen, CancellationToken cancellationToken)
    {
        const string What = "buffers held by the state";
        if (await clock.LastAtOrBeforeAsync(LastSecondOf(statement, isOpen), directory.Deployment.DeployBlock, head, cancellationToken) is not { } at)
            return Verdicts.Compare(What, statement.Buffer.Held, TokenAmount.Zero.ToDecimal());
        var views = statement.Payees.Select(p => _agreements.Flow(new FlowKey(account.SuperToken, account.Payer, Address.Parse(p.Payee)))).ToList();
        try
        {
            var answers = await rpc.CallBatchAsync([.. views.Select(v => v.Request)], at.Number, cancellationToken);
            var held = views.Zip(answers).Aggregate(TokenAmount.Zero, (sum, flow) => sum + flow.First.Read(flow.Second).Deposit);
            return Verdicts.Compare(What, statement.Buffer.Held, held.ToDecimal());
        }
        catch (RpcRefusedException e) when (e.Error == NodeError.BlockUnavailable)
        {
            return Verdicts.Unknown(What, statement.Buffer.Held, "no node has kept the state at its end");
        }
    }

    public static BlockTime BorderOf(Google.Protobuf.WellKnownTypes.Timestamp at) => new((ulong)at.Seconds);

    /// <summary>A period does not hold its last second, unless it goes to the head.</summary>
    private static BlockTime LastSecondOf(Wire.Statement statement, bool isOpen) => isOpen ? BorderOf(statement.To) : new BlockTime(BorderOf(statement.To).UnixSeconds - 1);

    private static string Sum(ImmutableArray<BufferEntry> entries, Func<BufferMove, TokenAmount> part) =>
        entries.Aggregate(TokenAmount.Zero, (sum, e) => sum + part(e.Edge.Buffer)).ToDecimal();

    private static (string Key, string Text) TextOf(Wire.FlowPeriod flow) =>
        Text(Address.Parse(flow.Payee), BorderOf(flow.From), BorderOf(flow.To), flow.FlowRate, flow.Streamed, (flow.OpenedBy, flow.EndedBy));

    private static (string Key, string Text) TextOf(FlowPeriod flow, Wire.Statement statement)
    {
        // Of a flow that is older than the ledger the statement does not say who opened it.
        var isUntold = statement.Flows.Any(f => f.OpenedBy.Length == 0 && Address.Parse(f.Payee) == flow.Payee && BorderOf(f.From) == flow.From);
        return Text(flow.Payee, flow.From, flow.To, flow.Rate.ToDecimal(), flow.Streamed.ToDecimal(), (isUntold ? "" : flow.OpenedBy?.ToString() ?? "", flow.EndedBy?.ToString() ?? ""));
    }

    private static (string Key, string Text) Text(Address payee, BlockTime from, BlockTime to, string rate, string streamed, (string OpenedBy, string EndedBy) transactions) => (
        string.Create(CultureInfo.InvariantCulture, $"to {Eip55.Format(payee)} from {from.ToDateTimeOffset():u}"),
        string.Create(CultureInfo.InvariantCulture, $"{rate} wei/s until {to.ToDateTimeOffset():u} = {streamed}, by {transactions.OpenedBy}, ended by {transactions.EndedBy}"));

    /// <summary>What the fold of logs tells beside that. Of a flow that is older than the ledger it does not say who opened it.</summary>
    private static (string Key, string Text) EdgesOf(Wire.FlowPeriod flow, Wire.Statement statement)
    {
        var isUntold = statement.Flows.Any(f => f.OpenedBy.Length == 0 && string.Equals(f.Payee, flow.Payee, StringComparison.Ordinal) && f.From.Equals(flow.From));
        return (
            string.Create(CultureInfo.InvariantCulture, $"to {flow.Payee} from {BorderOf(flow.From).ToDateTimeOffset():u}"),
            (isUntold ? "" : $"opened by {flow.OpenedHand} in block {flow.OpenedBlock}, ") + $"ended by {flow.EndedHand} in block {flow.EndedBlock}, buffer {flow.BufferDeposit}");
    }

    private static (string Key, string Text) TextOf(Wire.BufferMove move) => (
        $"in {move.Transaction} to {move.Payee}", $"taken {move.Taken}, returned {move.Returned}, lost {move.Lost}");

    private static (string Key, string Text) TextOf(BufferEntry entry) => (
        $"in {entry.Edge.Mark.Transaction} to {Eip55.Format(entry.Payee)}",
        $"taken {entry.Edge.Buffer.Taken.ToDecimal()}, returned {entry.Edge.Buffer.Returned.ToDecimal()}, lost {entry.Edge.Buffer.Lost.ToDecimal()}");
}
