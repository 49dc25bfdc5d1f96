using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;

namespace Gateway.Chain.Abi;

/// <summary>One contract's interface as <c>abi/*.json</c> has it.</summary>
public sealed class ContractAbi
{
    private static readonly ConcurrentDictionary<string, ContractAbi> Loaded = new(StringComparer.Ordinal);

    private readonly ImmutableArray<AbiEntry> _entries;

    private ContractAbi(ImmutableArray<AbiEntry> entries) => _entries = entries;

    public IEnumerable<AbiFunction> Functions => _entries.OfType<AbiFunction>();

    public IEnumerable<AbiEvent> Events => _entries.OfType<AbiEvent>();

    public IEnumerable<AbiError> Errors => _entries.OfType<AbiError>();

    /// <summary>An interface that stands in this assembly: "Superfluid", "ConstantFlowAgreementV1", "SuperToken"…</summary>
    /// <exception cref="ArgumentException">No such file was embedded.</exception>
    public static ContractAbi Load(string contract) => Loaded.GetOrAdd(contract, static name => Read(name));

    /// <summary>Reads the JSON form that compilers write.</summary>
    public static ContractAbi FromJson(JsonElement entries) => new([.. entries.EnumerateArray().Select(Entry).OfType<AbiEntry>()]);

    /// <summary>The function of that name, or of that whole signature where the name is overloaded.</summary>
    public AbiFunction Function(string nameOrSignature) => Find(Functions, nameOrSignature);

    public AbiEvent Event(string name) => Find(Events, name);

    public AbiError Error(string name) => Find(Errors, name);

    private static ContractAbi Read(string contract)
    {
        using var resource = typeof(ContractAbi).Assembly.GetManifestResourceStream($"{contract}.json")
            ?? throw new ArgumentException($"abi/{contract}.json is not there.", nameof(contract));
        using var json = JsonDocument.Parse(resource);
        return FromJson(json.RootElement);
    }

    private static T Find<T>(IEnumerable<T> entries, string name)
        where T : AbiEntry
    {
        var bySignature = name.Contains('(', StringComparison.Ordinal);
        return entries.Single(e => string.Equals(bySignature ? e.Signature : e.Name, name, StringComparison.Ordinal));
    }

    private static AbiEntry? Entry(JsonElement entry)
    {
        var name = entry.TryGetProperty("name", out var given) ? given.GetString() ?? "" : "";
        return entry.GetProperty("type").GetString() switch
        {
            "function" => new AbiFunction(name, Parameters(entry, "inputs"), Parameters(entry, "outputs")),
            "event" => new AbiEvent(name, Parameters(entry, "inputs")),
            "error" => new AbiError(name, Parameters(entry, "inputs")),
            _ => null, // constructor, receive, fallback: nothing calls them by name
        };
    }

    private static ImmutableArray<AbiParameter> Parameters(JsonElement entry, string property) =>
        entry.TryGetProperty(property, out var list) ? [.. list.EnumerateArray().Select(Parameter)] : [];

    private static AbiParameter Parameter(JsonElement parameter) => new(
        parameter.TryGetProperty("name", out var name) ? name.GetString() ?? "" : "",
        Type(parameter),
        parameter.TryGetProperty("indexed", out var indexed) && indexed.GetBoolean());

    private static AbiType Type(JsonElement parameter)
    {
        var components = parameter.TryGetProperty("components", out var parts) ? parts.EnumerateArray().Select(Type).ToList() : [];
        return AbiTypeParser.ParseNamed(parameter.GetProperty("type").GetString() ?? "", components);
    }
}
