using System.Globalization;

namespace Gateway.Domain.Money;

/// <summary>Incoming minus outgoing wei per second of an account over all agreements. Signed; <c>default</c> is 0.</summary>
/// <remarks>The CFA and the GDA each fit int96; their sum is kept in an Int128 and is not range-checked further.</remarks>
public readonly record struct NetFlowRate
{
    private readonly Int128 _weiPerSecond;

    private NetFlowRate(Int128 weiPerSecond) => _weiPerSecond = weiPerSecond;

    public Int128 WeiPerSecond => _weiPerSecond;

    /// <summary>How fast the account drains; 0 where it does not.</summary>
    public FlowRate Outflow => _weiPerSecond < 0 ? FlowRate.FromWeiPerSecond(-_weiPerSecond) : FlowRate.Zero;

    public static NetFlowRate FromWeiPerSecond(Int128 value) => new(value);

    public NetFlowRate Plus(FlowRate incoming) => new(_weiPerSecond + incoming.WeiPerSecond);

    public NetFlowRate Minus(FlowRate outgoing) => new(_weiPerSecond - outgoing.WeiPerSecond);

    public static NetFlowRate Parse(string text) => CanonicalDecimal.IsSigned(text)
        ? new NetFlowRate(Int128.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))
        : throw new FormatException($"'{text}' is not a canonical signed integer.");

    public string ToDecimal() => _weiPerSecond.ToString(CultureInfo.InvariantCulture);

    public override string ToString() => ToDecimal() + " wei/s net";

    public static NetFlowRate operator +(NetFlowRate left, NetFlowRate right) => new(left._weiPerSecond + right._weiPerSecond);
}
