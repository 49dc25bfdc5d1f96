using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Domain.Money;

namespace Gateway.Domain.Tests.Vectors;

/// <summary>Figures that the real contracts produced on a local node (contracts 1.11.1, liquidation period 14400 s, patrician period 1800 s).</summary>
internal static class GoldenNumbers
{
    public static JsonNode Scenario { get; } = Load("superfluid-vectors");

    public static JsonNode CloseCost { get; } = Load("superfluid-close-cost");

    public static TokenAmount Amount(this JsonNode node, string name) => TokenAmount.Parse(node[name]!.GetValue<string>());

    public static FlowRate Rate(this JsonNode node, string name) => FlowRate.Parse(node[name]!.GetValue<string>());

    public static ulong Seconds(this JsonNode node, string name) => node[name]!.GetValue<ulong>();

    private static JsonNode Load(string name)
    {
        using var resource = typeof(GoldenNumbers).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"No embedded vector '{name}'.");
        return JsonNode.Parse(resource, documentOptions: new JsonDocumentOptions { AllowTrailingCommas = false })!;
    }
}
