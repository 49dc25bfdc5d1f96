using System.Globalization;
using Gateway.Chain.Signing;
using Gateway.Chain.Superfluid;
using Gateway.Domain.Identity;
using Gateway.Server.Accounts.Preparing;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts;

/// <summary>Accounts in the contract's words.</summary>
internal static class AccountMapping
{
    public static Wire.SuperToken ToWire(TokenFacts token, TokenNature nature, Address flowOperator, ChainId chain) => new()
    {
        Symbol = token.Token.Symbol,
        Address = Eip55.Format(token.Token.Address),
        Underlying = token.Underlying is { } underlying ? Eip55.Format(underlying) : "",
        UnderlyingDecimals = (uint)nature.UnderlyingDecimals,
        LiquidationPeriod = Seconds(token.Parameters.LiquidationPeriodSeconds),
        MinimumDeposit = token.Parameters.MinimumDeposit.ToDecimal(),
        Operator = Eip55.Format(flowOperator),
        ChainId = chain.Value,
        Kind = ToWire(nature.Kind),
    };

    public static Wire.Account ToWire(PayerView view) => new()
    {
        Payer = Eip55.Format(view.Target.Key.Payer),
        Token = view.Target.Token.Token.Symbol,
        TokenAddress = Eip55.Format(view.Target.Key.SuperToken),
        AvailableBalance = view.Seen.AvailableBalance.ToDecimal(),
        BufferDeposit = view.Seen.BufferDeposit.ToDecimal(),
        NetFlowRate = view.Seen.NetFlowRate.ToDecimal(),
        ObservedAt = view.Seen.At.ToDateTimeOffset().ToTimestamp(),
        BlockNumber = view.Seen.Block.Number.Value,
        CriticalAt = view.CriticalAt?.ToDateTimeOffset().ToTimestamp(),
        Runway = view.Runway.Seconds is { } seconds ? Seconds(seconds) : null,
        CanCreate = view.Seen.Grant.CanCreate,
        CanUpdate = view.Seen.Grant.CanUpdate,
        CanDelete = view.Seen.Grant.CanDelete,
        FlowRateAllowance = view.Seen.Grant.Allowance.ToDecimal(),
        UnlimitedAllowance = view.Seen.Grant.IsUnlimited,
        RunningLeases = (uint)view.RunningLeases,
        PausedLeases = (uint)view.PausedLeases,
        UnderlyingBalance = view.UnderlyingBalance?.ToString(CultureInfo.InvariantCulture) ?? "",
        RunwayWarning = view.Warnings.Threshold is { } threshold ? Duration.FromTimeSpan(threshold) : null,
        AllowanceLow = view.Warnings.AllowanceLow,
        Exposure = Duration.FromTimeSpan(view.Exposure.Time),
        ExposureAmount = view.Exposure.Amount.ToDecimal(),
        Drifts = { view.Drifts },
        Carried = view.Carried.ToDecimal(),
    };

    public static Wire.PreparedTransactions ToWire(Prepared prepared, ChainId chain) => new()
    {
        Transactions = { prepared.Transactions.Select(t => ToWire(t, chain)) },
        Expected = ToWire(prepared.Expected),
    };

    public static Duration Seconds(ulong seconds) => new() { Seconds = (long)seconds };

    private static Wire.UnsignedTransaction ToWire(PreparedTransaction transaction, ChainId chain) => new()
    {
        To = Eip55.Format(transaction.To),
        Data = "0x" + Convert.ToHexStringLower(transaction.Data),
        Value = transaction.Value.Value.ToString(CultureInfo.InvariantCulture),
        ChainId = chain.Value,
        Description = transaction.Description,
        GasLimit = transaction.GasLimit.ToString(CultureInfo.InvariantCulture),
        From = transaction.From is { } from ? Eip55.Format(from) : "",
    };

    private static Wire.TokenKind ToWire(TokenKind kind) => kind switch
    {
        TokenKind.Unspecified => Wire.TokenKind.Unspecified,
        TokenKind.Pure => Wire.TokenKind.Pure,
        TokenKind.Wrapper => Wire.TokenKind.Wrapper,
        TokenKind.NativeWrapper => Wire.TokenKind.NativeWrapper,
    };
}
