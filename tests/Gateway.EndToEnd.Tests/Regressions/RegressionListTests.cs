using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.EndToEnd.Tests.Gateways;
using Xunit;

namespace Gateway.EndToEnd.Tests.Regressions;

/// <summary>What others have lost or doubled changes by, one line each in regressions.txt: every line is held by a test somewhere.</summary>
/// <remarks>It reads the sources, since this project sees the assemblies of no other tests.</remarks>
public sealed partial class RegressionListTests
{
    private static string Folder => Path.Combine(RepositoryRoot.Find(), "tests");

    [Fact]
    public void Every_line_has_a_test()
    {
        var held = Held().Select(h => h.Line).ToHashSet();

        var missing = Lines().Where(line => !held.Contains(line.Number)).Select(line => $"{line.Number} {line.Title}");

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_test_that_claims_a_line_names_one_that_there_is_and_is_a_test()
    {
        var numbers = Lines().Select(line => line.Number).ToHashSet();

        Assert.Equal(Enumerable.Range(1, 48), numbers.Order());
        Assert.All(Held(), held =>
        {
            Assert.Contains(held.Line, numbers);
            Assert.True(held.IsTest, $"{held.File}: [Regression({held.Line})] stands on no test");
        });
    }

    private static IEnumerable<(int Number, string Title)> Lines() => File
        .ReadLines(Path.Combine(Folder, "Gateway.EndToEnd.Tests", "Regressions", "regressions.txt"))
        .Select(line => line.Split(' ', 2))
        .Select(parts => (int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1]));

    private static IEnumerable<(int Line, string File, bool IsTest)> Held() => Directory
        .EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
        .SelectMany(file => Attributes().Matches(File.ReadAllText(file))
            .SelectMany(block => Claim().Matches(block.Value).Select(claim => (
                int.Parse(claim.Groups["line"].Value, CultureInfo.InvariantCulture), file, Test().IsMatch(block.Value)))));

    /// <summary>All attributes of one member, and the word that begins it.</summary>
    [GeneratedRegex(@"^(?:[ ]{4}\[[^\n]*\n)+[ ]{4}public[ ]", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Attributes();

    [GeneratedRegex(@"\[Regression\((?<line>\d+)\)\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Claim();

    [GeneratedRegex(@"\[(Fact|Theory)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Test();
}
