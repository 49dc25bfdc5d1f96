using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Web.Rest;

/// <summary>Statements in their JSON form; the same test compares them with protobuf's own formatter.</summary>
internal static class StatementDtoMapping
{
    public static StatementDto ToDto(this Wire.Statement statement) => new()
    {
        Payer = statement.Payer,
        Token = statement.Token,
        From = ProtoJson.TextOrNull(statement.From),
        To = ProtoJson.TextOrNull(statement.To),
        Leases = [.. statement.Leases.Select(ToDto)],
        Flows = [.. statement.Flows.Select(ToDto)],
        Used = statement.Used,
        Streamed = statement.Streamed,
        Carried = statement.Carried,
        Buffers = [.. statement.Buffers.Select(ToDto)],
        Buffer = statement.Buffer is { } buffer ? new BufferSumsDto(buffer.Taken, buffer.Returned, buffer.Lost, buffer.Held) : null,
        OpeningCarry = statement.OpeningCarry,
        ClosingCarry = statement.ClosingCarry,
        ThroughBlock = ProtoJson.Text(statement.ThroughBlock),
        Verified = statement.Verified,
        Mismatch = statement.Mismatch,
        Closed = ToDto(statement.Closed),
        Payees = [.. statement.Payees.Select(p => new PayeeTotalDto(p.Payee, p.OpeningCarry, p.Streamed, p.Used, p.ClosingCarry))],
    };

    public static PayeeStatementDto ToDto(this Wire.PayeeStatement statement) => new()
    {
        Payee = statement.Payee,
        Token = statement.Token,
        From = ProtoJson.TextOrNull(statement.From),
        To = ProtoJson.TextOrNull(statement.To),
        Accounts = [.. statement.Accounts.Select(a => new PayeeAccountDto(a.Payer, a.OpeningCarry, a.Streamed, a.Used, a.ClosingCarry))],
        Leases = [.. statement.Leases.Select(l => new PayeeLeaseDto(l.Payer, l.LeaseId, l.VmId, ProtoJson.TextOrNull(l.RunningTime), l.Used))],
        Flows = [.. statement.Flows.Select(f => new PayeeFlowDto(f.Payer, f.Flow is { } flow ? ToDto(flow) : null))],
        Used = statement.Used,
        Streamed = statement.Streamed,
        Carried = statement.Carried,
        OpeningCarry = statement.OpeningCarry,
        ClosingCarry = statement.ClosingCarry,
        Verified = statement.Verified,
        Mismatch = statement.Mismatch,
        Closed = ToDto(statement.Closed),
    };

    private static ClosedPeriodDto? ToDto(Wire.ClosedPeriod? closed) => closed is null ? null : new ClosedPeriodDto(closed.Name, ProtoJson.TextOrNull(closed.ClosedAt), closed.Sha256);

    private static LeaseUsageDto ToDto(Wire.LeaseUsage usage) =>
        new(usage.LeaseId, usage.VmId, ProtoJson.TextOrNull(usage.RunningTime), usage.Used, [.. usage.Legs.Select(DtoMapping.ToDto)])
        {
            Parts = [.. usage.Parts.Select(p => new PayeePartDto(p.Payee, p.Used))],
            Correction = usage.Correction,
            CorrectionTime = ProtoJson.TextOrNull(usage.CorrectionTime),
        };

    private static FlowPeriodDto ToDto(Wire.FlowPeriod flow) =>
        new(flow.Payee, flow.FlowRate, ProtoJson.TextOrNull(flow.From), ProtoJson.TextOrNull(flow.To), flow.Streamed, flow.OpenedBy)
        {
            OpenedHand = DtoMapping.NameOf(flow.OpenedHand),
            OpenedBlock = ProtoJson.Text(flow.OpenedBlock),
            EndedBy = flow.EndedBy,
            EndedHand = DtoMapping.NameOf(flow.EndedHand),
            EndedBlock = ProtoJson.Text(flow.EndedBlock),
            BufferDeposit = flow.BufferDeposit,
        };

    private static BufferMoveDto ToDto(Wire.BufferMove move) => new(
        move.Payee, ProtoJson.TextOrNull(move.At), move.Transaction, ProtoJson.Text(move.Block), DtoMapping.NameOf(move.Hand), move.Taken, move.Returned, move.Lost);
}
