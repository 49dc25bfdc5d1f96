using System.Text.RegularExpressions;
using Gateway.EndToEnd.Tests.Regressions;
using Xunit;

namespace Gateway.EndToEnd.Tests.Incidents;

/// <summary>What went wrong at others, one line each in incidents.txt: for every line there is a test somewhere that it does not happen here.</summary>
public sealed partial class IncidentListTests
{
    private static readonly IReadOnlyDictionary<string, string> Lines = ClaimedLines.Read("Gateway.EndToEnd.Tests", "Incidents", "incidents.txt");

    [Fact]
    public void Every_incident_has_a_test()
    {
        var held = ClaimedLines.Held(Claim()).Select(h => h.Line).ToHashSet(StringComparer.Ordinal);

        Assert.Empty(Lines.Where(line => !held.Contains(line.Key)).Select(line => $"{line.Key} {line.Value}"));
    }

    [Fact]
    public void Every_test_that_claims_an_incident_names_one_that_there_is_and_is_a_test() =>
        Assert.All(ClaimedLines.Held(Claim()), held =>
        {
            Assert.Contains(held.Line, Lines.Keys);
            Assert.True(held.IsTest, $"{held.File}: [Incident(\"{held.Line}\")] stands on no test");
        });

    [GeneratedRegex(@"\[Incident\(""(?<line>[0-9.]+)""\)\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Claim();
}
