using System.Globalization;
using Xunit.v3;

namespace Gateway.Testing;

/// <summary>The test holds a line of the regression list, which tests/Gateway.EndToEnd.Tests/Regressions/regressions.txt names.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class RegressionAttribute(int line) : Attribute, ITraitAttribute
{
    public int Line { get; } = line;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Regression", Line.ToString(CultureInfo.InvariantCulture))];
}
