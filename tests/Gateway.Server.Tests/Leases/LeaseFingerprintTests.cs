using CsCheck;
using Gateway.Domain.Pricing;
using Gateway.Server.Leases.Validation;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Leases;

public sealed class LeaseFingerprintTests
{
    // Few characters, and those that lengths are written with: texts that collide would be found.
    private static readonly Gen<string[]> Parts = Gen.String[Gen.Char["1:|a"], 0, 4].Array[0, 4];

    [Fact]
    public void Different_parts_never_have_one_digest_however_they_are_cut() => Gen.Select(Parts, Parts)
        .Sample((left, right) => left.SequenceEqual(right, StringComparer.Ordinal) == string.Equals(Of(left), Of(right), StringComparison.Ordinal));

    [Theory]
    [InlineData(new[] { "ab", "c" }, new[] { "a", "bc" })]
    [InlineData(new[] { "a", "" }, new[] { "a" })]
    [InlineData(new[] { "1:a" }, new[] { "a" })]
    [InlineData(new[] { "a|1:b" }, new[] { "a", "b" })]
    public void A_boundary_that_moves_is_another_request(string[] left, string[] right) => Assert.NotEqual(Of(left), Of(right));

    [Fact]
    public void It_stays_the_same_over_versions_of_the_gateway() =>
        // Stored with every lease: another digest would make a conflict of every repetition.
        Assert.Equal("36d4bb5143a50467b4ab709ffaa81a46c6b954a956b234f33c1afe63fd7304f8", new LeaseFingerprint().Add("lease").Add(-7).ToString());

    [Fact]
    public void Resources_are_another_request_by_each_of_their_parts_and_the_node_is_one_of_them()
    {
        var payer = Given.Address(9);
        TermsAsk Terms(string plan, string unit, ulong quantity, long? paused = null) => new(
            payer,
            Given.Token,
            PriceAsk.Of(Resources.Of(plan, [KeyValuePair.Create(unit, Quantity.Of(quantity))])),
            paused is { } rate ? Given.Rate(rate) : null,
            PayeesAsk.Read(new RequestFields(Given.Now), [], "", payer));
        string[] digests =
        [
            new LeaseFingerprint().Add(Terms("p", "cu", 1)).ToString(),
            new LeaseFingerprint().Add(Terms("q", "cu", 1)).ToString(),
            new LeaseFingerprint().Add(Terms("p", "mib", 1)).ToString(),
            new LeaseFingerprint().Add(Terms("p", "cu", 2)).ToString(),
            new LeaseFingerprint().Add(Terms("p", "cu", 1, paused: 0)).ToString(),
            new LeaseFingerprint().Add(Terms("p", "cu", 1)).AddNode(Given.Payee).ToString(),
        ];

        Assert.Equal(digests.Length, digests.Distinct().Count());
        Assert.Equal(digests[0], new LeaseFingerprint().Add(Terms("p", "cu", 1)).AddNode(node: null).ToString());
    }

    private static string Of(string[] parts) => parts.Aggregate(new LeaseFingerprint(), (all, part) => all.Add(part)).ToString();
}
