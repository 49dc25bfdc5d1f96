using System.Text.Json.Nodes;

namespace Gateway.Chain.Rpc;

internal static class LogFilterJson
{
    public static JsonObject Of(LogFilter filter)
    {
        var json = new JsonObject();
        if (filter.BlockHash is { } hash)
            json["blockHash"] = hash.ToString();
        if (filter.From is { } from)
            json["fromBlock"] = JsonQuantities.Hex(from.Value);
        if (filter.To is { } to)
            json["toBlock"] = JsonQuantities.Hex(to.Value);
        if (!filter.Addresses.IsEmpty)
            json["address"] = new JsonArray([.. filter.Addresses.Select(a => (JsonNode)a.ToString())]);
        if (!filter.Topics.IsEmpty)
            json["topics"] = new JsonArray([.. filter.Topics.Select(p => p.IsEmpty ? null : (JsonNode)new JsonArray([.. p.Select(t => (JsonNode)t.ToString())]))]);
        return json;
    }
}
