using CsCheck;
using Gateway.Server.Leases.Validation;
using Xunit;

namespace Gateway.Server.Tests.Leases;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("vm-1.zone:a_B")]
    [InlineData("сервер")]
    [InlineData("服务器")]
    [InlineData("rocket 🚀 👩‍🚀")]
    public void Text_in_any_script_holds(string text) => Assert.True(PrintableText.Holds(text));

    [Fact]
    public void Text_that_no_decoder_would_make_or_that_breaks_a_line_does_not() => Gen.Select(
            Gen.String[0, 20], Gen.OneOf(Gen.Char['\0', '\x1f'], Gen.Char['\x7f', '\x9f'], Gen.Char['\ud800', '\udbff'], Gen.Const('\u2028'), Gen.Const('\u2029'), Gen.Const('\ufffd')))
        // A lone half stands at the end, where nothing can complete it.
        .Sample((before, bad) => !PrintableText.Holds(before + bad));

    [Fact]
    public void It_says_the_same_of_a_text_and_of_its_UTF_8() => Gen.String.Sample(text =>
    {
        var decoded = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
        return PrintableText.Holds(text) == PrintableText.Holds(decoded);
    });
}
