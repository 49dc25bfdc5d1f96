using System.Globalization;
using Google.Protobuf;

namespace Gateway.Testing;

/// <summary>Reads the few fields of ExportTraceServiceRequest that tests look at (opentelemetry/proto/trace/v1/trace.proto).</summary>
internal static class OtlpSpans
{
    public static IEnumerable<ReceivedSpan> Parse(byte[] request) =>
        from resourceSpans in Messages(request, field: 1)
        from scopeSpans in Messages(resourceSpans, field: 2)
        from span in Messages(scopeSpans, field: 2)
        select Span(span);

    private static ReceivedSpan Span(byte[] span)
    {
        var attributes = Messages(span, field: 9).Select(Attribute).DistinctBy(a => a.Key).ToDictionary(a => a.Key, a => a.Value, StringComparer.Ordinal);
        var links = Messages(span, field: 13).Select(l => (Hex(l, 1), Hex(l, 2))).ToList();
        return new ReceivedSpan(Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), attributes, links) { Start = Time(span, 7), End = Time(span, 8) };
    }

    // Nanoseconds since 1970, fixed64.
    private static DateTimeOffset Time(byte[] message, int field)
    {
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.Fixed64)
                return DateTimeOffset.UnixEpoch.AddTicks((long)(input.ReadFixed64() / 100));
            input.SkipLastField();
        }

        return default;
    }

    private static KeyValuePair<string, string> Attribute(byte[] pair)
    {
        var value = Messages(pair, field: 2).FirstOrDefault([]);
        var text = Text(value, 1);
        return new(Text(pair, 1), text.Length > 0 ? text : Number(value, 3));
    }

    private static string Text(byte[] message, int field) => System.Text.Encoding.UTF8.GetString(Messages(message, field).FirstOrDefault([]));

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Messages(message, field).FirstOrDefault([]));

    private static string Number(byte[] message, int field)
    {
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
                return input.ReadInt64().ToString(CultureInfo.InvariantCulture);
            input.SkipLastField();
        }

        return "";
    }

    private static List<byte[]> Messages(byte[] message, int field)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                found.Add(input.ReadBytes().ToByteArray());
            else
                input.SkipLastField();
        }

        return found;
    }
}
