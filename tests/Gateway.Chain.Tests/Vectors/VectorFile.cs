using System.IO.Compression;
using System.Text.Json;
using Xunit;

namespace Gateway.Chain.Tests.Vectors;

/// <summary>Cases that ethers made (generate/). A file that lost its cases fails instead of passing by having nothing to say.</summary>
internal static class VectorFile
{
    public static IReadOnlyList<JsonElement> Read(string name, int expected)
    {
        using var resource = typeof(VectorFile).Assembly.GetManifestResourceStream($"{name}.json.gz");
        Assert.NotNull(resource);
        using var gzip = new GZipStream(resource, CompressionMode.Decompress);
        var cases = JsonDocument.Parse(gzip).RootElement.EnumerateArray().ToList();
        Assert.Equal(expected, cases.Count);
        return cases;
    }

    public static string Text(this JsonElement vector, string name) => vector.GetProperty(name).GetString()!; // Vectors have what they name.

    public static byte[] Bytes(this JsonElement vector, string name) => FromHex(vector.Text(name));

    public static byte[] FromHex(string text) => Convert.FromHexString(text.AsSpan(2));

    public static string ToHex(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes);
}
