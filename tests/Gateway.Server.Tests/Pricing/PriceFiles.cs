using System.Text;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Domain.Pricing;
using Gateway.Server.Pricing;
using Gateway.Server.Tests.Storage;

namespace Gateway.Server.Tests.Pricing;

/// <summary>Price lists as somebody writes them.</summary>
internal static class PriceFiles
{
    public static readonly Dictionary<string, Address> Tokens = new(StringComparer.Ordinal) { ["ALEPH"] = Given.Address(1), ["USDCx"] = Given.Address(2) };

    /// <summary>A list of one plan, "instance".</summary>
    /// <param name="unit">What a compute unit costs in an hour, in whole tokens.</param>
    public static string Of(string version, string unit = "0.055", Address? community = null, params string[] tokens) => $$"""
        {
          "version": "{{version}}",
          "split": [
            { "role": "node", "share_ppm": 800000 },
            { "role": "community", "address": "{{Eip55.Format(community ?? Given.Address(0xc0))}}", "share_ppm": 200000 }
          ],
          "plans": {
            "instance": {
              "components": {
                "compute_units": { "price_per_hour": { {{Prices(unit, tokens)}} }, "maximum": "12" },
                "storage_mib": { "price_per_hour": { {{Prices("0.000000977", tokens)}} }, "included": "20480", "while_paused": true }
              }
            }
          }
        }
        """;

    public static PriceList Read(string json) => PriceListReader.Read(Encoding.UTF8.GetBytes(json), Tokens);

    /// <summary>A file of this text, which the caller deletes with its directory.</summary>
    public static string Write(string json)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("prices").FullName, "prices.json");
        File.WriteAllText(path, json);
        return path;
    }

    private static string Prices(string price, string[] tokens) =>
        string.Join(", ", (tokens.Length == 0 ? ["ALEPH"] : tokens).Select(t => $"\"{t}\": \"{price}\""));
}
