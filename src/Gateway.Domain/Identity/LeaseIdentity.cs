using System.Diagnostics.CodeAnalysis;

namespace Gateway.Domain.Identity;

/// <summary>The scheduler's name of a lease: [A-Za-z0-9._:-]{1,128}. It is the idempotency key of the whole contract.</summary>
public sealed record LeaseId : IComparable<LeaseId>
{
    /// <summary>Longest id in characters.</summary>
    public const int MaxLength = 128;

    private LeaseId(string value) => Value = value;

    public string Value { get; }

    /// <exception cref="FormatException">Outside the alphabet or the length.</exception>
    public static LeaseId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("A lease id has 1 to 128 characters of A-Z a-z 0-9 . _ : -");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out LeaseId? id)
    {
        id = IsWellFormed(text) ? new LeaseId(text) : null;
        return id is not null;
    }

    public int CompareTo(LeaseId? other) => string.CompareOrdinal(Value, other?.Value);

    public override string ToString() => Value;

    private static bool IsWellFormed([NotNullWhen(true)] string? text) =>
        text is { Length: >= 1 and <= MaxLength } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-');
}

/// <summary>(token, payer): one balance, one buffer deposit, one solvency.</summary>
public sealed record AccountKey(Address SuperToken, Address Payer)
{
    public override string ToString() => $"{SuperToken}:{Payer}";
}

/// <summary>(token, payer, payee): Superfluid allows one flow per triple.</summary>
public sealed record FlowKey(Address SuperToken, Address Payer, Address Payee)
{
    public AccountKey Account => new(SuperToken, Payer);

    public override string ToString() => $"{SuperToken}:{Payer}:{Payee}";
}
