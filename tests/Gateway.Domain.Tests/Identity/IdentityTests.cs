using CsCheck;
using Gateway.Domain.Identity;
using Xunit;

namespace Gateway.Domain.Tests.Identity;

public sealed class IdentityTests
{
    private const string Lower = "0xc0fbc4967259786c743361a5885ef49380473dcf";

    [Theory]
    [InlineData(Lower)]
    [InlineData("0xc0Fbc4967259786C743361a5885ef49380473dCF")]
    [InlineData("0xC0FBC4967259786C743361A5885EF49380473DCF")]
    public void An_address_is_the_same_in_any_case(string text)
    {
        var address = Address.Parse(text);
        Assert.Equal(Lower, address.ToString());
        Assert.Equal(Address.Parse(Lower), address);
        Assert.Equal(Address.Parse(Lower).GetHashCode(), address.GetHashCode());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("c0fbc4967259786c743361a5885ef49380473dcf")]
    [InlineData("0Xc0fbc4967259786c743361a5885ef49380473dcf")]
    [InlineData("0xc0fbc4967259786c743361a5885ef49380473dc")]
    [InlineData("0xc0fbc4967259786c743361a5885ef49380473dcf0")]
    [InlineData("0xc0fbc4967259786c743361a5885ef49380473dcg")]
    [InlineData(" 0xc0fbc4967259786c743361a5885ef49380473dcf")]
    [InlineData("0xc0fbc4967259786c743361a5885ef49380473d١f")]
    public void Everything_else_is_no_address(string? text)
    {
        Assert.False(Address.TryParse(text, out var address));
        Assert.Null(address);
        Assert.Throws<FormatException>(() => Address.Parse(text!));
    }

    [Fact]
    public void Addresses_round_trip_and_sort_by_their_bytes() => Gen.Select(Any.SomeAddress, Any.SomeAddress).Sample((a, b) =>
    {
        Assert.Equal(a, Address.FromBytes(a.ToBytes()));
        Assert.Equal(a, Address.Parse(a.ToString()));
        Assert.Equal(Math.Sign(a.ToBytes().AsSpan().SequenceCompareTo(b.ToBytes())), Math.Sign(a.CompareTo(b)));
        Assert.Equal((a.CompareTo(b) < 0, a.CompareTo(b) <= 0, a.CompareTo(b) > 0, a.CompareTo(b) >= 0), (a < b, a <= b, a > b, a >= b));
        Assert.Equal(a.Equals(b), a == b);
        Assert.NotEqual(a == b, a != b);
    });

    [Fact]
    public void Nobody_is_the_zero_address()
    {
        Assert.True(Address.Parse("0x0000000000000000000000000000000000000000").IsZero);
        Assert.False(Address.Parse(Lower).IsZero);
        Assert.Throws<ArgumentException>(() => Address.FromBytes(new byte[19]));
        Assert.Throws<ArgumentException>(() => Address.FromBytes(new byte[21]));
    }

    [Fact]
    public void Hashes_round_trip() => Gen.Byte.Array[32].Sample(bytes =>
    {
        var hash = Hash32.FromBytes(bytes);
        Assert.Equal(hash, Hash32.Parse(hash.ToString().ToUpperInvariant().Replace("0X", "0x", StringComparison.Ordinal)));
        Assert.Equal(bytes, hash.ToBytes());
    });

    [Theory]
    [InlineData(null)]
    [InlineData("0x")]
    [InlineData("0x123")]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000001f")]
    public void Everything_else_is_no_hash(string? text)
    {
        Assert.False(Hash32.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Hash32.Parse(text!));
        Assert.Throws<ArgumentException>(() => Hash32.FromBytes(new byte[31]));
    }

    [Fact]
    public void A_lease_id_has_1_to_128_characters_of_its_alphabet() => Any.SomeLeaseId.Sample(id => Assert.Equal(id, LeaseId.Parse(id.Value)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a\n")]
    [InlineData("ä")]
    [InlineData("{a}")]
    public void Everything_else_is_no_lease_id(string? text)
    {
        Assert.False(LeaseId.TryParse(text, out _));
        Assert.Throws<FormatException>(() => LeaseId.Parse(text!));
    }

    [Fact]
    public void A_lease_id_ends_at_128_characters()
    {
        Assert.True(LeaseId.TryParse(new string('a', 128), out _));
        Assert.False(LeaseId.TryParse(new string('a', 129), out _));
    }

    [Fact]
    public void The_decision_clock_is_the_later_of_block_and_wall()
    {
        var block = new BlockTime(1_800_000_000);
        Assert.Equal(block, block.AtOrAfter(DateTimeOffset.FromUnixTimeSeconds(1_799_999_999)));
        Assert.Equal(new BlockTime(1_800_000_001), block.AtOrAfter(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_001_999)));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000), block.ToDateTimeOffset());
    }

    [Fact]
    public void Heights_times_and_nonces_never_wrap_around()
    {
        Assert.Throws<OverflowException>(() => new BlockNumber(ulong.MaxValue).Plus(1));
        Assert.Throws<OverflowException>(() => new BlockTime(ulong.MaxValue).PlusSeconds(1));
        Assert.Throws<OverflowException>(() => new Nonce(ulong.MaxValue).Next);
    }

    [Fact]
    public void A_flow_belongs_to_the_account_of_its_payer()
    {
        var flow = new FlowKey(Any.AddressOf(1), Any.AddressOf(2), Any.AddressOf(3));
        Assert.Equal(new AccountKey(Any.AddressOf(1), Any.AddressOf(2)), flow.Account);
        Assert.Equal($"{flow.Account}:{flow.Payee}", flow.ToString());
    }
}
