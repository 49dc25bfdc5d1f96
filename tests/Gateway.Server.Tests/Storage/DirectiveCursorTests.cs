using System.Buffers.Text;
using CsCheck;
using Gateway.Server.Storage;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public sealed class DirectiveCursorTests
{
    private const long Largest = 1L << 53;

    private static readonly Gen<long> Position = Gen.OneOf(Gen.Const(0L), Gen.Long[1, Largest], Gen.Long[1_795_000_000_000_000, 1_795_000_100_000_000]);

    [Fact]
    public void A_cursor_comes_back_from_its_text() => Position.Array[RedisKeys.Shards].Sample(positions =>
    {
        Assert.True(DirectiveCursor.TryParse(new DirectiveCursor([.. positions]).ToString(), out var cursor));
        Assert.Equal(positions, Enumerable.Range(0, RedisKeys.Shards).Select(s => cursor[s]));
    });

    [Fact]
    public void Any_other_text_is_refused_without_a_crash() => Gen.Byte.Array[0, 100].Sample(bytes =>
    {
        var text = Base64Url.EncodeToString(bytes);
        Assert.True(!DirectiveCursor.TryParse(text, out var cursor) || string.Equals(cursor.ToString(), text, StringComparison.Ordinal) || IsPadded(bytes));
    });

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("AQ")]
    public void These_are_no_cursors(string? text) => Assert.False(DirectiveCursor.TryParse(text, out _));

    [Fact]
    public void Its_text_is_short_enough_for_a_url() =>
        Assert.InRange(new DirectiveCursor([.. Enumerable.Range(0, RedisKeys.Shards).Select(s => s % 2 == 0 ? Largest : 1)]).ToString().Length, 1, 750);

    [Fact]
    public void It_never_goes_back()
    {
        var cursor = DirectiveCursor.Start.After(new DirectiveId(3, 10)).After(new DirectiveId(3, 9));

        Assert.Equal(10, cursor[3]);
        Assert.Equal(0, cursor[4]);
    }

    [Theory]
    [InlineData("63-1", true)]
    [InlineData("0-1795521600000000", true)]
    [InlineData("64-1", false)]
    [InlineData("-1-1", false)]
    [InlineData("1", false)]
    [InlineData("1-", false)]
    [InlineData("1-2-3", false)]
    [InlineData("1-99999999999999999999", false)]
    [InlineData(null, false)]
    public void A_directive_id_is_a_shard_and_a_number(string? text, bool valid)
    {
        Assert.Equal(valid, DirectiveId.TryParse(text, out var id));
        if (valid)
            Assert.Equal(text, id.ToString());
    }

    // A variable-length integer may be written longer than needed; nothing is gained by refusing that.
    private static bool IsPadded(byte[] bytes) => bytes.Length > RedisKeys.Shards;
}
