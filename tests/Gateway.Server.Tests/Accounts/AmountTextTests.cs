using System.Globalization;
using System.Numerics;
using CsCheck;
using Gateway.Server.Accounts.Preparing;
using Xunit;

namespace Gateway.Server.Tests.Accounts;

public sealed class AmountTextTests
{
    [Theory]
    [InlineData("0", 18, "0")]
    [InlineData("1", 18, "0.000000000000000001")]
    [InlineData("25000000", 6, "25")]
    [InlineData("25000001", 6, "25.000001")]
    [InlineData("-1500000", 6, "-1.5")]
    [InlineData("42", 0, "42")]
    public void Amounts_are_written_as_people_write_them(string units, int decimals, string expected) =>
        Assert.Equal(expected, AmountText.Of(BigInteger.Parse(units, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), decimals));

    [Fact]
    public void No_digit_is_lost() => Gen.Select(Gen.ULong, Gen.Int[0, 30]).Sample((units, decimals) =>
    {
        var parts = AmountText.Of(units, decimals).Split('.');

        var digits = parts[0] + (parts.Length > 1 ? parts[1] : "").PadRight(decimals, '0');
        Assert.Equal(units, BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture));
    });
}
