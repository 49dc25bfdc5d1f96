using Google.Protobuf.Reflection;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Web.Rest;

/// <summary>The contract's messages in their JSON form, field by field; a test compares each with what protobuf's own formatter makes of it.</summary>
internal static class DtoMapping
{
    public static TokensDto ToDto(this Wire.ListTokensResponse tokens) => new([.. tokens.Tokens.Select(t => new SuperTokenDto
    {
        Symbol = t.Symbol,
        Address = t.Address,
        Underlying = t.Underlying,
        UnderlyingDecimals = t.UnderlyingDecimals,
        LiquidationPeriod = ProtoJson.Text(t.LiquidationPeriod),
        MinimumDeposit = t.MinimumDeposit,
        Operator = t.Operator,
        ChainId = ProtoJson.Text(t.ChainId),
        Kind = NameOf(t.Kind),
    })]);

    public static AccountDto ToDto(this Wire.Account account) => new()
    {
        Payer = account.Payer,
        Token = account.Token,
        TokenAddress = account.TokenAddress,
        AvailableBalance = account.AvailableBalance,
        BufferDeposit = account.BufferDeposit,
        NetFlowRate = account.NetFlowRate,
        ObservedAt = ProtoJson.Text(account.ObservedAt),
        BlockNumber = ProtoJson.Text(account.BlockNumber),
        CriticalAt = ProtoJson.TextOrNull(account.CriticalAt),
        Runway = ProtoJson.TextOrNull(account.Runway),
        CanCreate = account.CanCreate,
        CanUpdate = account.CanUpdate,
        CanDelete = account.CanDelete,
        FlowRateAllowance = account.FlowRateAllowance,
        UnlimitedAllowance = account.UnlimitedAllowance,
        RunningLeases = account.RunningLeases,
        PausedLeases = account.PausedLeases,
        UnderlyingBalance = account.UnderlyingBalance,
        RunwayWarning = ProtoJson.TextOrNull(account.RunwayWarning),
        AllowanceLow = account.AllowanceLow,
        Exposure = ProtoJson.TextOrNull(account.Exposure),
        ExposureAmount = account.ExposureAmount,
        Drifts = [.. account.Drifts.Select(ToDto)],
        Carried = account.Carried,
    };

    private static PayeeDriftDto ToDto(Wire.PayeeDrift drift) => new()
    {
        Payee = drift.Payee,
        Drift = drift.Drift,
        Streamed = drift.Streamed,
        Used = drift.Used,
        Since = ProtoJson.TextOrNull(drift.Since),
        EstimatedFrom = ProtoJson.TextOrNull(drift.EstimatedFrom),
        Behind = drift.Behind,
        Trim = drift.Trim,
        KeptUntil = ProtoJson.TextOrNull(drift.KeptUntil),
    };

    public static PreparedTransactionsDto ToDto(this Wire.PreparedTransactions prepared) => new(
        [.. prepared.Transactions.Select(t => new UnsignedTransactionDto
        {
            To = t.To,
            Data = t.Data,
            Value = t.Value,
            ChainId = ProtoJson.Text(t.ChainId),
            Description = t.Description,
            GasLimit = t.GasLimit,
            From = t.From,
        })],
        prepared.Expected.ToDto());

    public static LeaseDto ToDto(this Wire.Lease lease) => new()
    {
        LeaseId = lease.LeaseId,
        VmId = lease.VmId,
        Payer = lease.Payer,
        Token = lease.Token,
        TokenAddress = lease.TokenAddress,
        FlowRate = lease.FlowRate,
        PausedFlowRate = lease.PausedFlowRate,
        Legs = [.. lease.Legs.Select(ToDto)],
        Priority = lease.Priority,
        State = NameOf(lease.State),
        Breaker = lease.Breaker is { } breaker ? new BreakerDto(NameOf(breaker.State), NameOf(breaker.Reason), ProtoJson.TextOrNull(breaker.ChangedAt)) : null,
        Execution = NameOf(lease.Execution),
        Reason = NameOf(lease.Reason),
        OpenedAt = ProtoJson.TextOrNull(lease.OpenedAt),
        FundedUntil = ProtoJson.TextOrNull(lease.FundedUntil),
        ClosedAt = ProtoJson.TextOrNull(lease.ClosedAt),
        RunningTime = ProtoJson.TextOrNull(lease.RunningTime),
        AmountUsed = lease.AmountUsed,
        Transactions = [.. lease.Transactions.Select(t => new TransactionRefDto(t.Hash, t.Kind, ProtoJson.Text(t.BlockNumber), ProtoJson.TextOrNull(t.BlockTime), t.BufferLost))],
        Version = ProtoJson.Text(lease.Version),
        Labels = lease.Labels.ToDictionary(StringComparer.Ordinal),
        GraceEndsAt = ProtoJson.TextOrNull(lease.GraceEndsAt),
        CutOff = lease.CutOff,
        Resources = lease.Resources is { } resources ? new ResourcesDto(resources.Plan, resources.Quantities.ToDictionary(StringComparer.Ordinal)) : null,
        PriceListVersion = lease.PriceListVersion,
        Explanation = LeaseWords.Explain(lease),
    };

    internal static LegDto ToDto(Wire.Leg leg) => new(
        leg.Payee is { } payee ? new PayeeDto(payee.Address, payee.SharePpm, payee.Role) : null, leg.FlowRate, leg.FlowOnChain);

    /// <summary>As the proto writes it.</summary>
    internal static string NameOf<TEnum>(TEnum value)
        where TEnum : struct, Enum => Names<TEnum>.Of(value);

    private static class Names<TEnum>
        where TEnum : struct, Enum
    {
        private static readonly EnumDescriptor Descriptor = Wire.GatewayReflection.Descriptor.FindTypeByName<EnumDescriptor>(typeof(TEnum).Name);

        public static string Of(TEnum value) => Descriptor.FindValueByNumber((int)(object)value).Name;
    }
}
