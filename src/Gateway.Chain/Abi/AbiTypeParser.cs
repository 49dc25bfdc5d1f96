using System.Globalization;

namespace Gateway.Chain.Abi;

internal static class AbiTypeParser
{
    private const int MaxFixedLength = 4096;

    public static AbiType Parse(string text) => Parse(text, depth: 0);

    /// <summary>A name from JSON with its components given apart: "tuple[2]" with parts.</summary>
    public static AbiType ParseNamed(string name, IReadOnlyList<AbiType> components) =>
        name.StartsWith("tuple", StringComparison.Ordinal) ? WithSuffix(AbiType.Tuple(components), name[5..], name) : Parse(name);

    private static AbiType Parse(string text, int depth)
    {
        if (depth > AbiType.MaxDepth)
            throw new AbiException($"The type is nested deeper than {AbiType.MaxDepth}.");
        if (text.StartsWith('('))
        {
            var close = ClosingParenthesis(text);
            var inner = text[1..close];
            var parts = inner.Length == 0 ? [] : SplitTopLevel(inner).Select(p => Parse(p, depth + 1));
            return WithSuffix(AbiType.Tuple(parts), text[(close + 1)..], text);
        }

        var bracket = text.IndexOf('[', StringComparison.Ordinal);
        return bracket < 0 ? Elementary(text) : WithSuffix(Elementary(text[..bracket]), text[bracket..], text);
    }

    private static AbiType WithSuffix(AbiType element, string suffix, string whole)
    {
        var levels = 0;
        while (suffix.Length > 0)
        {
            var close = suffix.IndexOf(']', StringComparison.Ordinal);
            if (suffix[0] != '[' || close < 0 || ++levels > AbiType.MaxDepth)
                throw NotAType(whole);
            var digits = suffix[1..close];
            element = AbiType.ArrayOf(element, digits.Length == 0 ? null : Number(digits, 1, MaxFixedLength, whole));
            suffix = suffix[(close + 1)..];
        }

        return element;
    }

    private static AbiType Elementary(string name) => name switch
    {
        "address" => Plain(AbiKind.Account),
        "bool" => Plain(AbiKind.Boolean),
        "string" => Plain(AbiKind.Text),
        "bytes" => Plain(AbiKind.Bytes),
        "uint" => Plain(AbiKind.UnsignedInteger, 256),
        "int" => Plain(AbiKind.SignedInteger, 256),
        _ when name.StartsWith("uint", StringComparison.Ordinal) => Plain(AbiKind.UnsignedInteger, Bits(name[4..], name)),
        _ when name.StartsWith("int", StringComparison.Ordinal) => Plain(AbiKind.SignedInteger, Bits(name[3..], name)),
        _ when name.StartsWith("bytes", StringComparison.Ordinal) => Plain(AbiKind.FixedBytes, Number(name[5..], 1, 32, name)),
        _ => throw NotAType(name),
    };

    private static AbiType Plain(AbiKind kind, int size = 0) => new(kind, size, Length: null, []);

    private static int Bits(string digits, string whole)
    {
        var bits = Number(digits, 8, 256, whole);
        return bits % 8 == 0 ? bits : throw NotAType(whole);
    }

    private static int Number(string digits, int min, int max, string whole) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw NotAType(whole);

    private static int ClosingParenthesis(string text)
    {
        var open = 0;
        for (var i = 0; i < text.Length; i++)
        {
            open += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (open == 0)
                return i;
        }

        throw new AbiException($"'{text}' lacks a closing parenthesis.");
    }

    private static IEnumerable<string> SplitTopLevel(string inner)
    {
        var open = 0;
        var start = 0;
        for (var i = 0; i < inner.Length; i++)
        {
            open += inner[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (open == 0 && inner[i] == ',')
            {
                yield return inner[start..i];
                start = i + 1;
            }
        }

        yield return inner[start..];
    }

    private static AbiException NotAType(string text) => new($"'{text}' is not an ABI type.");
}
