using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Domain.Identity;
using Gateway.Domain.Pricing;
using Gateway.Server.Leases.Validation;

namespace Gateway.Server.Pricing;

/// <summary>A price list that may not be used, with all that is wrong with it.</summary>
internal sealed class PriceListException(IReadOnlyList<string> problems) : Exception(string.Join(' ', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}

/// <summary>A price list from its file. The form is told in deploy/README.md, with an example beside it.</summary>
internal static class PriceListReader
{
    private const int Plans = 1000;

    private const string PricePerHour = "price_per_hour";

    private const string UsdPerHour = "usd_per_hour";

    private static readonly string NameRule = $"a name has 1 to {RequestLimits.PlanName} characters of A-Z a-z 0-9 . _ -";

    private static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <param name="tokens">The configured super tokens by symbol.</param>
    /// <exception cref="PriceListException">With every problem, each led by its path.</exception>
    public static PriceList Read(ReadOnlyMemory<byte> json, IReadOnlyDictionary<string, Address> tokens)
    {
        var problems = new List<string>();
        using var document = Parse(json);
        var list = Read(new JsonFields(document.RootElement, "", problems), tokens);
        return problems.Count == 0 ? list : throw new PriceListException(problems);
    }

    /// <summary>Whether two files say the same, however they are set.</summary>
    /// <param name="left">Read without problems, as the other one.</param>
    public static bool AreEqual(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right)
    {
        using var one = Parse(left);
        using var other = Parse(right);
        return JsonElement.DeepEquals(one.RootElement, other.RootElement);
    }

    /// <summary>The same for two files that say the same, however they are set; numbers as they are written.</summary>
    /// <param name="json">Read without problems.</param>
    /// <returns>Lower-case hex.</returns>
    public static string Sha256(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json);
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text))
            WriteSorted(writer, document.RootElement);
        return Convert.ToHexStringLower(SHA256.HashData(text.WrittenSpan));
    }

    private static void WriteSorted(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    WriteSorted(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    WriteSorted(writer, item);
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, Options);
        }
        catch (JsonException e)
        {
            throw new PriceListException([$"the file: is no JSON. {e.Message}"]);
        }
    }

    private static PriceList Read(JsonFields file, IReadOnlyDictionary<string, Address> tokens)
    {
        var version = file.Text("version", required: true);
        if (version is not null && !IsName(version))
            file.Add("version", NameRule);
        var split = SplitReader.Read(file);
        var plans = ImmutableSortedDictionary.CreateBuilder<string, Plan>(StringComparer.Ordinal);
        if (file.Object("plans", required: true) is { } named)
        {
            CheckNames(named, Plans);
            foreach (var name in named.Names)
                plans[name] = ReadPlan(name, named.Object(name, required: true)!, tokens); // It is there: it was asked by its own name.
        }

        file.NothingElse();
        return new PriceList(version ?? "", plans.ToImmutable(), split);
    }

    private static Plan ReadPlan(string name, JsonFields plan, IReadOnlyDictionary<string, Address> tokens)
    {
        var split = SplitReader.Read(plan);
        var components = ImmutableSortedDictionary.CreateBuilder<string, Component>(StringComparer.Ordinal);
        if (plan.Object("components", required: true) is { } named)
        {
            CheckNames(named, RequestLimits.Quantities);
            foreach (var unit in named.Names)
                components[unit] = ReadComponent(unit, named.Object(unit, required: true)!, tokens); // Likewise.
            // A plan is sold in a token, or it is not: what has a price in one of its tokens has it in all.
            foreach (var (symbol, address) in tokens.Where(t => components.Values.Any(c => c.Prices.ContainsKey(t.Value))))
            {
                foreach (var component in components.Values.Where(c => c.Usd is null && !c.Prices.ContainsKey(address)))
                    named.Add($"{component.Unit}.{PricePerHour}.{symbol}", "is required: other components of the plan have a price in this token.");
            }
        }

        plan.NothingElse();
        return new Plan(name, components.ToImmutable(), split);
    }

    private static Component ReadComponent(string unit, JsonFields component, IReadOnlyDictionary<string, Address> tokens)
    {
        var read = new Component
        {
            Unit = unit,
            Prices = ReadPrices(component, tokens),
            Usd = ReadUsd(component),
            Included = ReadQuantity(component, "included") ?? Quantity.Zero,
            Maximum = ReadQuantity(component, "maximum"),
            CostsWhilePaused = component.Flag("while_paused"),
        };
        component.NothingElse();
        return read;
    }

    private static ImmutableDictionary<Address, HourlyPrice> ReadPrices(JsonFields component, IReadOnlyDictionary<string, Address> tokens)
    {
        var prices = ImmutableDictionary.CreateBuilder<Address, HourlyPrice>();
        if (component.Object(PricePerHour, required: !component.Has(UsdPerHour)) is not { } named)
            return prices.ToImmutable();
        if (!named.Names.Any())
            component.Add(PricePerHour, "names no token.");
        foreach (var symbol in named.Names)
        {
            var text = named.Text(symbol, required: true);
            if (!tokens.TryGetValue(symbol, out var address))
                named.Add(symbol, $"is not a token of this gateway. It has {string.Join(", ", tokens.Keys)}.");
            else if (text is not null && HourlyPrice.TryParseTokens(text, out var price))
                prices[address] = price;
            else if (text is not null)
                named.Add(symbol, $"'{text}' is no price: whole tokens of 0 to 10^12, with 18 places at most, like \"0.055\".");
        }

        return prices.ToImmutable();
    }

    private static UsdHourlyPrice? ReadUsd(JsonFields component)
    {
        if (component.Text(UsdPerHour, required: false) is not { } text)
            return null;
        if (UsdHourlyPrice.TryParse(text, out var price))
            return price;
        component.Add(UsdPerHour, $"'{text}' is no price: dollars of 0 to 10^12, with 18 places at most, like \"0.01425\".");
        return null;
    }

    private static Quantity? ReadQuantity(JsonFields component, string name)
    {
        if (component.Text(name, required: false) is not { } text)
            return null;
        if (Quantity.TryParse(text, out var quantity))
            return quantity;
        component.Add(name, $"'{text}' is no quantity: a whole number of 0 to 10^18.");
        return null;
    }

    private static void CheckNames(JsonFields named, int most)
    {
        var names = named.Names.ToList();
        if (names.Count == 0)
            named.Add("", "is empty.");
        if (names.Count > most)
            named.Add("", $"has {names.Count} names, of at most {most}.");
        foreach (var name in names.Where(n => !IsName(n)))
            named.Add(name, NameRule);
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= RequestLimits.PlanName && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
