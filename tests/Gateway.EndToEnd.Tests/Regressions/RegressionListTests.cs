using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.EndToEnd.Tests.Regressions;

/// <summary>What others have lost or doubled changes by, one line each in regressions.txt: every line is held by a test somewhere.</summary>
public sealed partial class RegressionListTests
{
    private static readonly IReadOnlyDictionary<string, string> Lines = ClaimedLines.Read("Gateway.EndToEnd.Tests", "Regressions", "regressions.txt");

    [Fact]
    public void Every_line_has_a_test()
    {
        var held = ClaimedLines.Held(Claim()).Select(h => h.Line).ToHashSet(StringComparer.Ordinal);

        Assert.Empty(Lines.Where(line => !held.Contains(line.Key)).Select(line => $"{line.Key} {line.Value}"));
    }

    [Fact]
    public void Every_test_that_claims_a_line_names_one_that_there_is_and_is_a_test()
    {
        Assert.Equal(Enumerable.Range(1, 48), Lines.Keys.Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Order());
        Assert.All(ClaimedLines.Held(Claim()), held =>
        {
            Assert.Contains(held.Line, Lines.Keys);
            Assert.True(held.IsTest, $"{held.File}: [Regression({held.Line})] stands on no test");
        });
    }

    [GeneratedRegex(@"\[Regression\((?<line>\d+)\)\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Claim();
}
