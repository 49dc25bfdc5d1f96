using Gateway.Domain.Money;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Accounts.Verifying;

/// <summary>Lines of a verification.</summary>
internal static class Verdicts
{
    public static Wire.VerifiedLine Compare(string what, string stated, string derived, string detail = "") => new()
    {
        What = what,
        Stated = stated,
        Derived = derived,
        Verdict = string.Equals(stated, derived, StringComparison.Ordinal) ? Wire.Verdict.Equal : Wire.Verdict.Different,
        Detail = detail,
    };

    /// <param name="later">What was reported too late for a closed period: without it, too, the two are the same.</param>
    public static Wire.VerifiedLine Explained(string what, TokenAmount stated, TokenAmount derived, TokenAmount later) => !later.IsZero && stated == derived - later
        ? Compare(what, stated.ToDecimal(), stated.ToDecimal(), $"{later.ToDecimal()} were reported later, and are in a later period")
        : Compare(what, stated.ToDecimal(), derived.ToDecimal());

    public static Wire.VerifiedLine Unknown(string what, string stated, string why) => new()
    {
        What = what,
        Stated = stated,
        Verdict = Wire.Verdict.Unknown,
        Detail = why,
    };

    /// <summary>Two lists by their keys: what only one of them has differs as well.</summary>
    public static IEnumerable<Wire.VerifiedLine> CompareEach(string kind, IEnumerable<(string Key, string Text)> stated, IEnumerable<(string Key, string Text)> derived)
    {
        var (left, right) = (stated.ToLookup(s => s.Key, s => s.Text, StringComparer.Ordinal), derived.ToLookup(d => d.Key, d => d.Text, StringComparer.Ordinal));
        foreach (var key in left.Select(g => g.Key).Union(right.Select(g => g.Key), StringComparer.Ordinal))
            yield return Compare($"{kind} {key}", string.Join(" | ", left[key]), string.Join(" | ", right[key]));
    }
}
