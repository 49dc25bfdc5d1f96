using Xunit.v3;

namespace Gateway.Testing;

/// <summary>The test shows that an incident of others does not happen here: tests/Gateway.EndToEnd.Tests/Incidents/incidents.txt names each by its row.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class IncidentAttribute(string row) : Attribute, ITraitAttribute
{
    public string Row { get; } = row;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Incident", Row)];
}
