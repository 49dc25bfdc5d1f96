using Gateway.Chain.Abi;
using Gateway.Chain.Tests.Vectors;
using Gateway.Domain.Identity;
using Xunit;

namespace Gateway.Chain.Tests.Abi;

public sealed class AbiVectorTests
{
    [Fact]
    public void Every_vector_encodes_and_decodes_as_ethers_does()
    {
        foreach (var vector in VectorFile.Read("abi", expected: 900))
        {
            AbiType[] types = [.. vector.GetProperty("types").EnumerateArray().Select(t => AbiType.Parse(t.GetString()!))];
            object[] values = [.. vector.GetProperty("values").EnumerateArray().Select((v, i) => AbiValues.FromJson(types[i], v))];
            Assert.Equal(vector.GetProperty("types").EnumerateArray().Select(t => t.GetString()), types.Select(t => t.Canonical));
            Assert.Equal(vector.Text("encoded"), VectorFile.ToHex(AbiEncoder.Encode(types, values)));
            Assert.Equal(AbiValues.Show(values), AbiValues.Show(AbiDecoder.Decode(types, vector.Bytes("encoded"))));
        }
    }

    [Fact]
    public void Every_event_vector_decodes_from_its_topics_and_data()
    {
        foreach (var vector in VectorFile.Read("events", expected: 300))
        {
            var inputs = vector.GetProperty("inputs").EnumerateArray()
                .Select((p, i) => new AbiParameter($"p{i}", AbiType.Parse(p.Text("type")), p.GetProperty("indexed").GetBoolean())).ToList();
            var sample = new AbiEvent("Sample", [.. inputs]);
            Hash32[] topics = [.. vector.GetProperty("topics").EnumerateArray().Select(t => Hash32.Parse(t.GetString()!))];
            object[] expected = [.. vector.GetProperty("values").EnumerateArray().Select((v, i) => AbiValues.FromJson(inputs[i].Type, v))];

            Assert.True(sample.TryDecode(topics, vector.Bytes("data"), out var values));
            Assert.Equal(AbiValues.Show(expected), AbiValues.Show(values));
        }
    }
}
