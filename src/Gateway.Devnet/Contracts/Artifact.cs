using System.Text;
using System.Text.Json;
using Gateway.Domain.Identity;

namespace Gateway.Devnet.Contracts;

/// <summary>One compiled contract as the npm package has it: code in hex, with gaps for the addresses of libraries.</summary>
internal sealed class Artifact
{
    private readonly string _code;
    private readonly IReadOnlyList<Gap> _gaps;

    private Artifact(string code, IReadOnlyList<Gap> gaps)
    {
        _code = code;
        _gaps = gaps;
    }

    /// <summary>Which libraries it needs, each once: (source file, name).</summary>
    public IEnumerable<(string Source, string Name)> Libraries => _gaps.Select(g => (g.Source, g.Name)).Distinct();

    /// <param name="package">The package's folder.</param>
    /// <param name="source">As the compiler names it: "contracts/libs/X.sol".</param>
    public static async Task<Artifact> LoadAsync(string package, string source, string name, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(Path.Combine(package, "build", "hardhat", source, name + ".json"));
        using var json = await JsonDocument.ParseAsync(file, cancellationToken: cancellationToken);
        var gaps =
            from byFile in json.RootElement.GetProperty("linkReferences").EnumerateObject()
            from byName in byFile.Value.EnumerateObject()
            from place in byName.Value.EnumerateArray()
            select new Gap(byFile.Name, byName.Name, place.GetProperty("start").GetInt32());
        return new Artifact(json.RootElement.GetProperty("bytecode").GetString()!["0x".Length..], [.. gaps]); // Every artifact has code, if only none ("0x").
    }

    /// <summary>Creation code with every gap filled.</summary>
    /// <param name="addressOf">Where a library stands.</param>
    public byte[] Link(Func<(string Source, string Name), Address> addressOf)
    {
        var code = new StringBuilder(_code);
        foreach (var gap in _gaps)
        {
            var address = addressOf((gap.Source, gap.Name)).ToString()["0x".Length..];
            code.Remove(gap.Byte * 2, address.Length).Insert(gap.Byte * 2, address);
        }

        return Convert.FromHexString(code.ToString());
    }

    private sealed record Gap(string Source, string Name, int Byte);
}
