using System.Text.Json;

namespace Gateway.Chain.Transport;

/// <summary>Reads what came back for a set of ids: each exactly once, in any order, or not at all.</summary>
internal static class JsonRpcAnswers
{
    private const int MaxNodeMessage = 500;

    /// <exception cref="RpcFailedException">Not JSON-RPC, an answer to nobody, two to one, or none to some.</exception>
    public static IReadOnlyList<RpcAnswer> Read(byte[] body, IReadOnlyList<RpcCall> calls, long firstId, string endpoint, bool isBatch)
    {
        var whole = new RpcOrigin(endpoint, isBatch ? $"batch of {calls.Count}" : calls[0].Method);
        try
        {
            return Read(Parse(body, whole), calls, firstId, whole, isBatch);
        }
        catch (InvalidOperationException e)
        {
            // Bytes that are not UTF-8, or half a surrogate pair: the parser lets them pass, and only reading finds them.
            throw new RpcFailedException(whole, RpcFailure.Malformed, "the answer has text that is none", inner: e);
        }
    }

    private static List<RpcAnswer> Read(JsonElement root, IReadOnlyList<RpcCall> calls, long firstId, RpcOrigin whole, bool isBatch)
    {
        if (isBatch && root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var refusal))
            throw ErrorOf(refusal, whole);

        List<JsonElement> items = root.ValueKind switch
        {
            JsonValueKind.Object => [root],
            JsonValueKind.Array => [.. root.EnumerateArray()],
            _ => throw new RpcFailedException(whole, RpcFailure.Malformed, "the answer is not a JSON-RPC object"),
        };
        var answers = new RpcAnswer?[calls.Count];
        foreach (var item in items)
        {
            var index = IndexOf(item, firstId, calls.Count, whole);
            if (answers[index] is not null)
                throw new RpcFailedException(whole, RpcFailure.WrongIds, $"two answers to call {index}");
            answers[index] = AnswerOf(item, whole with { Method = calls[index].Method });
        }

        var missing = Array.IndexOf(answers, null);
        return missing < 0
            ? answers.OfType<RpcAnswer>().ToList()
            : throw new RpcFailedException(whole, RpcFailure.WrongIds, $"no answer to call {missing}, {calls[missing].Method}");
    }

    private static JsonElement Parse(byte[] body, RpcOrigin origin)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new RpcFailedException(origin, RpcFailure.Malformed, "the answer is not JSON", inner: e);
        }
    }

    private static int IndexOf(JsonElement item, long firstId, int count, RpcOrigin origin)
    {
        if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number
            && id.TryGetInt64(out var value) && value >= firstId && value < firstId + count)
            return (int)(value - firstId);
        throw new RpcFailedException(origin, RpcFailure.WrongIds, "an answer to no call of ours");
    }

    private static RpcAnswer AnswerOf(JsonElement item, RpcOrigin origin)
    {
        if (item.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null)
            return new RpcAnswer.Error(ErrorOf(error, origin));
        return item.TryGetProperty("result", out var result)
            ? new RpcAnswer.Result(result)
            : throw new RpcFailedException(origin, RpcFailure.Malformed, "neither a result nor an error");
    }

    private static ChainException ErrorOf(JsonElement error, RpcOrigin origin)
    {
        if (error.ValueKind != JsonValueKind.Object)
            return new RpcFailedException(origin, RpcFailure.Malformed, "an error that is no object");
        var code = error.TryGetProperty("code", out var c) && c.ValueKind == JsonValueKind.Number && c.TryGetInt64(out var number) ? number : 0;
        var message = error.TryGetProperty("message", out var m) && m.ValueKind == JsonValueKind.String ? m.GetString() ?? "" : "";
        message = message.Length > MaxNodeMessage ? message[..MaxNodeMessage] : message;
        var kind = NodeErrors.Classify(code, message);
        return kind == NodeError.Reverted
            ? new ExecutionRevertedException(origin, message, RevertData(error))
            : new RpcRefusedException(origin, code, message);
    }

    // Nodes put it into "data" as text; some wrap it into an object with a "data" of its own.
    private static byte[] RevertData(JsonElement error)
    {
        if (!error.TryGetProperty("data", out var data))
            return [];
        if (data.ValueKind == JsonValueKind.Object && data.TryGetProperty("data", out var inner))
            data = inner;
        return data.ValueKind == JsonValueKind.String && HexBytes.TryParse(data.GetString(), out var bytes) ? bytes : [];
    }
}
