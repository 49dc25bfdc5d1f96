using System.Collections.Immutable;
using System.Numerics;
using CsCheck;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Domain.Tests;

/// <summary>Random values over the whole range of each type, small ones as often as large ones.</summary>
internal static class Any
{
    /// <summary>0 to 2^bits − 1, every length in bits equally likely.</summary>
    public static Gen<BigInteger> Unsigned(int bits) =>
        Gen.Select(Gen.Int[0, bits], Gen.Byte.Array[(bits + 7) / 8]).Select((length, bytes) =>
            new BigInteger(bytes, isUnsigned: true) & ((BigInteger.One << length) - 1));

    public static Gen<FlowRate> Rate(int bits = 95) => Unsigned(bits).Select(v => FlowRate.FromWeiPerSecond((Int128)v));

    public static Gen<FlowRate> PositiveRate(int bits = 95) => Rate(bits).Where(r => !r.IsZero);

    public static Gen<TokenAmount> Amount(int bits = 255) => Unsigned(bits).Select(TokenAmount.FromWei);

    public static Gen<TokenAmount> SignedAmount(int bits = 255) => Gen.Select(Amount(bits), Gen.Bool).Select((a, negative) => negative ? -a : a);

    public static Gen<NetFlowRate> Net(int bits = 95) =>
        Gen.Select(Rate(bits), Gen.Bool).Select((r, negative) => NetFlowRate.FromWeiPerSecond(negative ? -r.WeiPerSecond : r.WeiPerSecond));

    public static Gen<Address> SomeAddress { get; } = Gen.Byte.Array[Address.Size].Select(b => Address.FromBytes(b));

    public static Gen<LeaseId> SomeLeaseId { get; } =
        Gen.Char["abcXYZ019._:-"].Array[1, LeaseId.MaxLength].Select(c => LeaseId.Parse(new string(c)));

    /// <summary>1 to 8 payees whose shares add up to the whole.</summary>
    public static Gen<ImmutableArray<Payee>> Payees { get; } = Gen.Select(Gen.Int[1, 8], Gen.Int[1, 1_000_000].Array[8]).Select((count, weights) =>
    {
        var payees = ImmutableArray.CreateBuilder<Payee>();
        long sum = weights.Take(count).Sum(w => (long)w);
        uint left = SharePpm.Whole - (uint)count;
        for (var i = 0; i < count; i++)
        {
            var extra = i == count - 1 ? left : (uint)Math.Min(left, weights[i] * (long)(SharePpm.Whole - count) / sum);
            left -= extra;
            payees.Add(new Payee(AddressOf(i + 1), SharePpm.FromPpm(1 + extra), "role"));
        }

        return payees.ToImmutable();
    });

    /// <summary>Periods as governance sets them, and minimum deposits of 0 as often as large ones.</summary>
    public static Gen<TokenParameters> Parameters { get; } =
        Gen.Select(Gen.ULong[60, 100_000], Gen.ULong[0, 60], Gen.Bool, Amount(90)).Select((liquidation, patricianPercent, hasMinimum, minimum) =>
            new TokenParameters(liquidation, liquidation * patricianPercent / 100, hasMinimum ? minimum : TokenAmount.Zero));

    public static Address AddressOf(int number) =>
        Address.Parse("0x" + number.ToString("x40", System.Globalization.CultureInfo.InvariantCulture));
}
