using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;

namespace Gateway.Server.Leases.Validation;

/// <summary>A digest of a request, field by field. Each part is led by its length, so that no two requests have the same text.</summary>
internal sealed class LeaseFingerprint
{
    private readonly StringBuilder _text = new("open-v1");

    public LeaseFingerprint Add(string part)
    {
        _text.Append(CultureInfo.InvariantCulture, $"|{part.Length}:").Append(part);
        return this;
    }

    public LeaseFingerprint Add(long number) => Add(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>In their order: the first one owns the remainder.</summary>
    public LeaseFingerprint Add(ImmutableArray<Payee> payees) =>
        payees.Aggregate(Add(payees.Length), (all, p) => all.Add(p.Address.ToString()).Add(p.Share.Value).Add(p.Role));

    public LeaseFingerprint Add(ImmutableSortedDictionary<string, string> labels) =>
        labels.Aggregate(Add(labels.Count), (all, l) => all.Add(l.Key).Add(l.Value));

    /// <summary>What is asked for, not what it comes to: another list, or another configuration, must not turn a repetition into another request.</summary>
    /// <remarks>Default payees are named by naming nobody. Leases with a named rate have the digest that they always had.</remarks>
    public LeaseFingerprint Add(TermsAsk ask) => Add(ask.Price, ask.PausedRate).Add(ask.Payees.Named ?? []);

    /// <summary>The last part, which most requests do not have.</summary>
    public LeaseFingerprint AddNode(Address? node) => node is null ? this : Add("node").Add(node.ToString());

    private LeaseFingerprint Add(PriceAsk price, FlowRate? paused) => price.IsByList
        ? price.Resources.Quantities
            .Aggregate(Add("resources").Add(price.Resources.Plan).Add(price.Resources.Quantities.Count), (all, q) => all.Add(q.Key).Add(q.Value.ToDecimal()))
            .Add(paused?.ToDecimal() ?? "")
        : Add(price.Rate.Value.ToDecimal()).Add((paused ?? FlowRate.Zero).ToDecimal());

    /// <summary>SHA-256 in lower-case hex.</summary>
    public override string ToString() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_text.ToString())));
}
