using System.Text.RegularExpressions;
using Gateway.EndToEnd.Tests.Gateways;

namespace Gateway.EndToEnd.Tests.Regressions;

/// <summary>Lines of a list that tests claim to hold by an attribute.</summary>
/// <remarks>It reads the sources, since this project sees the assemblies of no other tests.</remarks>
internal static partial class ClaimedLines
{
    public static string Folder => Path.Combine(RepositoryRoot.Find(), "tests");

    /// <param name="file">Below the tests' folder: a line each, that begins with its name.</param>
    public static IReadOnlyDictionary<string, string> Read(params string[] file) =>
        File.ReadLines(Path.Combine([Folder, .. file])).Select(line => line.Split(' ', 2)).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);

    /// <param name="claim">Finds one attribute; its group "line" is the line's name.</param>
    public static IEnumerable<(string Line, string File, bool IsTest)> Held(Regex claim) => Directory
        .EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
        .SelectMany(file => Attributes().Matches(File.ReadAllText(file))
            .SelectMany(block => claim.Matches(block.Value).Select(held => (held.Groups["line"].Value, file, Test().IsMatch(block.Value)))));

    /// <summary>All attributes of one member, and the word that begins it.</summary>
    [GeneratedRegex(@"^(?:[ ]{4}\[[^\n]*\n)+[ ]{4}public[ ]", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Attributes();

    [GeneratedRegex(@"\[(Fact|Theory)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Test();
}
