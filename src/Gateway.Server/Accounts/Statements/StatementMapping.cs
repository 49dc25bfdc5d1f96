using Gateway.Chain.Signing;
using Gateway.Domain.Accounts;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Domain.Statements;
using Gateway.Server.Leases;
using Gateway.Server.Storage;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Statements;

/// <summary>Statements in the contract's words.</summary>
internal static class StatementMapping
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    public static Wire.Statement ToWire(AccountStatement statement) => new()
    {
        Payer = Eip55.Format(statement.Target.Key.Payer),
        Token = statement.Target.Token.Token.Symbol,
        From = statement.From.ToDateTimeOffset().ToTimestamp(),
        To = statement.To.ToDateTimeOffset().ToTimestamp(),
        Leases = { statement.Leases.Select(l => ToWire(l, statement.Account)) },
        Flows = { statement.Flows.Stretches.Select(ToWire) },
        Used = statement.Used.ToDecimal(),
        Streamed = statement.Streamed.ToDecimal(),
        Carried = statement.Carried.ToDecimal(),
        Buffers = { statement.Flows.Buffers.Select(ToWire) },
        Buffer = SumsOf(statement.Flows),
        OpeningCarry = statement.OpeningCarry.ToDecimal(),
        ClosingCarry = statement.ClosingCarry.ToDecimal(),
        ThroughBlock = statement.Flows.Through?.Value ?? 0,
        Verified = statement.Flows.IsVerified,
        Mismatch = statement.Flows.Mismatch ?? "",
        Payees = { statement.Payees.Select(ToWire) },
    };

    /// <summary>As it was closed.</summary>
    public static Wire.Statement ToWire(ClosedPeriod period)
    {
        var statement = Wire.Statement.Parser.ParseJson(period.Statement);
        statement.Closed = new Wire.ClosedPeriod { Name = period.Name, ClosedAt = period.ClosedAt.ToTimestamp(), Sha256 = period.Sha256 };
        return statement;
    }

    /// <summary>As it was closed.</summary>
    public static Wire.PayeeStatement ToWire(ClosedPayeePeriod period)
    {
        var statement = Wire.PayeeStatement.Parser.ParseJson(period.Statement);
        statement.Closed = new Wire.ClosedPeriod { Name = period.Name, ClosedAt = period.ClosedAt.ToTimestamp(), Sha256 = period.Sha256 };
        return statement;
    }

    /// <summary>One text for one message: what is hashed, kept and answered.</summary>
    public static string ToJson(IMessage message) => Json.Format(message);

    private static Wire.PayeeTotal ToWire(PayeeSums sums) => new()
    {
        Payee = Eip55.Format(sums.Payee),
        OpeningCarry = sums.Opening.ToDecimal(),
        Streamed = sums.Streamed.ToDecimal(),
        Used = sums.Used.ToDecimal(),
        ClosingCarry = sums.Closing.ToDecimal(),
    };

    private static Wire.LeaseUsage ToWire(LeaseUse use, Account account) => new()
    {
        LeaseId = use.Lease.Id.Value,
        VmId = use.Lease.VmId,
        RunningTime = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(use.RunningMilliseconds)),
        Used = use.Used.ToDecimal(),
        Parts = { use.Lease.Payees.Select(p => p.Address).Distinct().Select(p => new Wire.PayeePart { Payee = Eip55.Format(p), Used = use.UsedFor(p).ToDecimal() }) },
        Correction = use.Correction.ToDecimal(),
        CorrectionTime = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(use.CorrectedMilliseconds)),
        Legs = { use.Lease.Payees.Zip(Legs.Split(use.Lease.Rate, use.Lease.Payees), (payee, rate) => LeaseMapping.ToWire(payee, rate, OnChain(account, payee))) },
    };

    private static FlowRate OnChain(Account account, Payee payee) => account.Flows.GetValueOrDefault(payee.Address)?.Observed.Rate ?? FlowRate.Zero;

    public static Wire.FlowPeriod ToWire(FlowStretch stretch) => new()
    {
        Payee = Eip55.Format(stretch.Segment.Payee),
        FlowRate = stretch.Segment.Rate.ToDecimal(),
        From = stretch.From.ToDateTimeOffset().ToTimestamp(),
        To = stretch.To.ToDateTimeOffset().ToTimestamp(),
        Streamed = stretch.Streamed.ToDecimal(),
        OpenedBy = stretch.Segment.Begin.Edge?.Mark.Transaction.ToString() ?? "",
        OpenedHand = stretch.Segment.Begin.Edge is { } begin ? HandOf(begin.Hand) : Wire.FlowHand.Unspecified,
        OpenedBlock = stretch.Segment.Begin.Edge?.Mark.Block.Value ?? 0,
        EndedBy = stretch.End?.Mark.Transaction.ToString() ?? "",
        EndedHand = stretch.End is { } end ? HandOf(end.Hand) : Wire.FlowHand.Unspecified,
        EndedBlock = stretch.End?.Mark.Block.Value ?? 0,
        BufferDeposit = stretch.Segment.Deposit.ToDecimal(),
    };

    private static Wire.BufferMove ToWire(BufferEntry entry) => new()
    {
        Payee = Eip55.Format(entry.Payee),
        At = entry.Edge.Mark.At.ToDateTimeOffset().ToTimestamp(),
        Transaction = entry.Edge.Mark.Transaction.ToString(),
        Block = entry.Edge.Mark.Block.Value,
        Hand = HandOf(entry.Edge.Hand),
        Taken = entry.Edge.Buffer.Taken.ToDecimal(),
        Returned = entry.Edge.Buffer.Returned.ToDecimal(),
        Lost = entry.Edge.Buffer.Lost.ToDecimal(),
    };

    private static Wire.BufferSums SumsOf(StatementFlows flows)
    {
        return new Wire.BufferSums
        {
            Taken = Sum(b => b.Taken).ToDecimal(),
            Returned = Sum(b => b.Returned).ToDecimal(),
            Lost = Sum(b => b.Lost).ToDecimal(),
            Held = flows.Held.ToDecimal(),
        };

        TokenAmount Sum(Func<BufferMove, TokenAmount> part) => flows.Buffers.Aggregate(TokenAmount.Zero, (sum, entry) => sum + part(entry.Edge.Buffer));
    }

    private static Wire.FlowHand HandOf(ChangeCause hand) => hand switch
    {
        ChangeCause.ByUs => Wire.FlowHand.Gateway,
        ChangeCause.ByPayer => Wire.FlowHand.Payer,
        ChangeCause.ByPayee => Wire.FlowHand.Payee,
        ChangeCause.Liquidated => Wire.FlowHand.Liquidator,
        ChangeCause.ByOther => Wire.FlowHand.Other,
        ChangeCause.Unknown => Wire.FlowHand.Unspecified,
    };
}
