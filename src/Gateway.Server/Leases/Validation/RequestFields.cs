using System.Globalization;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server.Leases.Errors;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Server.Leases.Validation;

/// <summary>Reads the fields of one request into values, and collects all that is wrong with them: a caller mends a request once, not field by field.</summary>
/// <remarks>A reading method answers null where it added a problem, or where the field is empty and may be.</remarks>
internal sealed class RequestFields(DateTimeOffset now)
{
    private readonly List<FieldProblem> _problems = [];

    public bool HaveProblems => _problems.Count > 0;

    public void Add(string field, string description) => _problems.Add(new FieldProblem(field, description));

    /// <param name="and">What else is wrong with it; null: nothing.</param>
    public InvalidRequestException ToException(InvalidRequestException? and = null) => new([.. _problems, .. and?.Problems ?? []]);

    public void ThrowIfAny()
    {
        if (HaveProblems)
            throw ToException();
    }

    public LeaseId? LeaseId(string field, string text)
    {
        if (Domain.Identity.LeaseId.TryParse(text, out var id))
            return id;
        Add(field, text.Length == 0 ? "is required." : $"must have 1 to {Domain.Identity.LeaseId.MaxLength} characters of A-Z a-z 0-9 . _ : -");
        return null;
    }

    /// <summary>Text for people or for other systems: bounded, well-formed, without control characters.</summary>
    public string? Text(string field, string text, int most, bool required)
    {
        if (required && string.IsNullOrWhiteSpace(text))
            Add(field, "is required.");
        else if (text.Length > most)
            Add(field, $"has {text.Length} characters, of at most {most}.");
        else if (!PrintableText.Holds(text))
            Add(field, "has control characters, or is not well-formed text.");
        else
            return text;
        return null;
    }

    /// <summary>Anything but the zero address, which is nobody.</summary>
    public Address? Address(string field, string text)
    {
        if (text.Length == 0)
            Add(field, "is required.");
        else if (!Domain.Identity.Address.TryParse(text, out _))
            Add(field, "must be 0x and 40 hex digits.");
        else if (!Eip55.TryParse(text, out var address))
            Add(field, "has a wrong EIP-55 checksum: a digit is wrong, or its case.");
        else if (address.IsZero)
            Add(field, "is the zero address: nobody.");
        else
            return address;
        return null;
    }

    /// <summary>Wei per second.</summary>
    public FlowRate? Rate(string field, string text, bool mayBeZero)
    {
        if (text.Length == 0)
            Add(field, "is required.");
        else if (!IsCanonical(text))
            Add(field, "must be a decimal integer of wei per second, without sign, leading zeros or white space.");
        else if (!FlowRate.TryParse(text, out var rate))
            Add(field, $"is above int96, {FlowRate.Max.ToDecimal()}.");
        else if (rate.IsZero && !mayBeZero)
            Add(field, "must be above 0.");
        else
            return rate;
        return null;
    }

    /// <summary>An instant near the present. Unset is null without a problem.</summary>
    public DateTimeOffset? Time(string field, Timestamp? timestamp)
    {
        if (timestamp is null)
            return null;
        if (!IsValid(timestamp))
        {
            Add(field, "is not a valid Timestamp: seconds of the years 1 to 9999, nanos of 0 to 999,999,999.");
            return null;
        }

        var at = timestamp.ToDateTimeOffset();
        if (at > now + RequestLimits.Future)
            Add(field, string.Create(CultureInfo.InvariantCulture, $"is more than {RequestLimits.Future.TotalMinutes} minutes in the future."));
        else if (at < now - RequestLimits.Past)
            Add(field, string.Create(CultureInfo.InvariantCulture, $"is more than {RequestLimits.Past.TotalDays} days ago."));
        else
            return at;
        return null;
    }

    /// <summary>A value of a wire enum that the proto names, not its UNSPECIFIED.</summary>
    public bool Enum<TEnum>(string field, TEnum value)
        where TEnum : struct, System.Enum
    {
        if (System.Enum.IsDefined(value) && !value.Equals(default(TEnum)))
            return true;
        Add(field, $"'{value}' is not one of the values of {typeof(TEnum).Name}.");
        return false;
    }

    /// <summary>0 stands for the default.</summary>
    public int PageSize(string field, uint size)
    {
        if (size > RequestLimits.PageSize)
            Add(field, $"{size} is above {RequestLimits.PageSize}.");
        return size == 0 ? RequestLimits.DefaultPageSize : (int)Math.Min(size, RequestLimits.PageSize);
    }

    private static bool IsCanonical(string text) => text.All(char.IsAsciiDigit) && (text[0] != '0' || text.Length == 1);

    private static bool IsValid(Timestamp timestamp) =>
        timestamp.Seconds is >= -62_135_596_800 and <= 253_402_300_799 && timestamp.Nanos is >= 0 and <= 999_999_999;
}
