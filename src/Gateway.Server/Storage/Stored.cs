using System.Globalization;
using Gateway.Domain.Identity;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>The small texts that stand in keys, members and arguments.</summary>
internal static class Stored
{
    public static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>"token:payer".</summary>
    /// <exception cref="StoredFormException">Anything else.</exception>
    public static AccountKey Account(string text) => text.Split(':') is [var token, var payer]
        ? new AccountKey(Address.Parse(token), Address.Parse(payer))
        : throw new StoredFormException($"'{text}' is not an account.");

    /// <summary>"token:payer:payee".</summary>
    /// <exception cref="StoredFormException">Anything else.</exception>
    public static FlowKey Flow(string text) => text.Split(':') is [var token, var payer, var payee]
        ? new FlowKey(Address.Parse(token), Address.Parse(payer), Address.Parse(payee))
        : throw new StoredFormException($"'{text}' is not a flow.");

    /// <summary>Takes "before|after" apart at the first bar.</summary>
    /// <exception cref="StoredFormException">No bar.</exception>
    public static (string Before, string After) Cut(RedisValue value)
    {
        var text = value.ToString();
        var bar = text.IndexOf('|', StringComparison.Ordinal);
        return bar >= 0 ? (text[..bar], text[(bar + 1)..]) : throw new StoredFormException("A stored text lacks its '|'.");
    }
}
