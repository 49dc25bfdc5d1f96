using System.Globalization;
using System.Text.Json;

namespace Gateway.Server.Pricing;

/// <summary>Reads one object of a hand-written JSON file, and collects all that is wrong with it by path: whoever wrote the file mends it once, not line by line.</summary>
/// <remarks>What it does not know is a problem too: a name with a typing error would else quietly be left out of a price.</remarks>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<string> _problems;
    private readonly bool _isObject;

    /// <param name="path">Empty for the whole file.</param>
    public JsonFields(JsonElement element, string path, List<string> problems)
    {
        (Path, _problems) = (path, problems);
        _isObject = element.ValueKind == JsonValueKind.Object;
        if (!_isObject)
        {
            Add("", "must be an object.");
            return;
        }

        foreach (var member in element.EnumerateObject())
        {
            if (!_members.TryAdd(member.Name, member.Value))
                Add(member.Name, "stands there twice.");
        }
    }

    public string Path { get; }

    public IEnumerable<string> Names => _members.Keys;

    public string PathOf(string name) => Path.Length == 0 ? name : name.Length == 0 ? Path : $"{Path}.{name}";

    public void Add(string name, string problem) => _problems.Add($"{(PathOf(name) is { Length: > 0 } path ? path : "the file")}: {problem}");

    public bool Has(string name) => _members.ContainsKey(name);

    /// <summary>A member as it stands; null where there is none.</summary>
    public JsonElement? Find(string name)
    {
        _known.Add(name);
        return _members.TryGetValue(name, out var value) ? value : null;
    }

    /// <summary>Null where it is not there, or no string.</summary>
    public string? Text(string name, bool required)
    {
        if (Find(name) is not { } value)
        {
            if (required)
                Miss(name);
            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        // A JSON number is a floating-point number to most who would read or write this file.
        Add(name, "must be a string, in quotes.");
        return null;
    }

    public bool Flag(string name)
    {
        if (Find(name) is not { } value)
            return false;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            Add(name, "must be true or false.");
        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>A whole number; null where it is missing or something else.</summary>
    public uint? Whole(string name)
    {
        if (Find(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetUInt32(out var number))
            return number;
        if (_isObject)
            Add(name, "must be a whole number.");
        return null;
    }

    public JsonFields? Object(string name, bool required)
    {
        if (Find(name) is { } value)
            return new JsonFields(value, PathOf(name), _problems);
        if (required)
            Miss(name);
        return null;
    }

    /// <summary>The objects of a list; empty where it is none.</summary>
    public IReadOnlyList<JsonFields> List(string name)
    {
        if (Find(name) is not { } value)
            return [];
        if (value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray().Select((item, i) => new JsonFields(item, string.Create(CultureInfo.InvariantCulture, $"{PathOf(name)}[{i}]"), _problems))];
        Add(name, "must be a list.");
        return [];
    }

    /// <summary>The strings of a list, null for what is none; empty where there is no list.</summary>
    public IReadOnlyList<string?> Texts(string name)
    {
        if (Find(name) is not { } value)
            return [];
        if (value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() : null)];
        Add(name, "must be a list.");
        return [];
    }

    /// <summary>Called when all that is known was asked for.</summary>
    public void NothingElse()
    {
        foreach (var name in _members.Keys.Where(n => !_known.Contains(n)))
            Add(name, $"is not known here. Known are {string.Join(", ", _known.Order(StringComparer.Ordinal))}.");
    }

    /// <summary>Of what is no object it was said already.</summary>
    private void Miss(string name)
    {
        if (_isObject)
            Add(name, "is required.");
    }
}
