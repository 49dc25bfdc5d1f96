using System.Globalization;
using System.Numerics;

namespace Gateway.Server.Accounts.Preparing;

/// <summary>Amounts as people write them, exact: no digit is dropped, no zero is added.</summary>
internal static class AmountText
{
    public static string Of(BigInteger units, int decimals)
    {
        var digits = BigInteger.Abs(units).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        var fraction = digits[^decimals..].TrimEnd('0');
        return (units.Sign < 0 ? "-" : "") + digits[..^decimals] + (fraction.Length > 0 ? "." + fraction : "");
    }
}
