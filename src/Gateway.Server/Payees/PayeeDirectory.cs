using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Pricing;
using Gateway.Server.Resilience;

namespace Gateway.Server.Payees;

/// <summary>Who may be paid, and as what.</summary>
/// <param name="Listed">An empty set of roles: as anything.</param>
internal sealed record PayeeDirectory(ImmutableDictionary<Address, ImmutableHashSet<string>> Listed)
{
    /// <returns>Null: he may be paid. Else why not, to go on after his address.</returns>
    public string? WhyNot(Payee payee)
    {
        if (!Listed.TryGetValue(payee.Address, out var roles))
            return "is not in the payee directory.";
        return roles.IsEmpty || roles.Contains(payee.Role)
            ? null
            : $"is in the payee directory as {string.Join(", ", roles.Order(StringComparer.Ordinal))}, not as '{payee.Role}'.";
    }

    /// <summary>From <c>{"payees": [{"address": "0x…", "roles": ["node"]}]}</c>.</summary>
    /// <exception cref="SourceException">With what is wrong.</exception>
    public static PayeeDirectory Read(byte[] json)
    {
        var problems = new List<string>();
        try
        {
            using var document = JsonDocument.Parse(json);
            var file = new JsonFields(document.RootElement, "", problems);
            if (!file.Has("payees"))
                file.Add("payees", "is required.");
            var listed = ImmutableDictionary.CreateBuilder<Address, ImmutableHashSet<string>>();
            foreach (var entry in file.List("payees"))
                Read(entry, listed);
            // An empty list would stop every opening: who means that closes his gateway.
            if (problems.Count == 0 && listed.Count == 0)
                file.Add("payees", "names nobody.");
            return problems.Count == 0 ? new PayeeDirectory(listed.ToImmutable()) : throw new SourceException(Tell(problems));
        }
        catch (JsonException e)
        {
            throw new SourceException($"It is no JSON. {e.Message}", e);
        }
    }

    private static void Read(JsonFields entry, ImmutableDictionary<Address, ImmutableHashSet<string>>.Builder listed)
    {
        var roles = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (var (role, i) in entry.Texts("roles").Select((r, i) => (r, i)))
        {
            if (role is null || role.Length > RequestLimits.Role || !PrintableText.Holds(role))
                entry.Add($"roles[{i}]", $"must be printable text of at most {RequestLimits.Role} characters.");
            else
                roles.Add(role);
        }

        if (entry.Text("address", required: true) is not { } text)
            return;
        if (!Eip55.TryParse(text, out var address) || address.IsZero)
            entry.Add("address", "is no address: 0x and 40 hex digits, mixed case only as an EIP-55 checksum, and not zero.");
        else if (!listed.TryAdd(address, roles.ToImmutable()))
            entry.Add("address", "stands there twice.");
    }

    private static string Tell(List<string> problems) =>
        string.Join(' ', problems.Take(3)) + (problems.Count > 3 ? $" And {problems.Count - 3} more." : "");
}
