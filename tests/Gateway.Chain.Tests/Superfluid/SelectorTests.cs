using Gateway.Chain.Abi;
using Gateway.Chain.Superfluid;
using Xunit;

namespace Gateway.Chain.Tests.Superfluid;

/// <summary>Selectors and topics as measured on the real contracts, against what abi/*.json hashes to.</summary>
public sealed class SelectorTests
{
    private static readonly string[] Contracts =
    [
        "Superfluid", "ConstantFlowAgreementV1", "GeneralDistributionAgreementV1", "CFAv1Forwarder", "SuperToken", "ISETH", "SuperfluidGovernanceBase",
    ];

    public static TheoryData<string, string, string> Measured()
    {
        using var resource = typeof(SelectorTests).Assembly.GetManifestResourceStream("selectors.txt")!;
        using var reader = new StreamReader(resource);
        var rows = new TheoryData<string, string, string>();
        while (reader.ReadLine() is { } line)
        {
            var parts = line.Split(' ');
            rows.Add(parts[0], parts[1], parts[2]);
        }

        return rows;
    }

    [Fact]
    public void The_list_is_complete() => Assert.Equal(139, Measured().Count);

    [Theory]
    [MemberData(nameof(Measured))]
    public void A_measured_selector_or_topic_is_that_of_the_interface(string kind, string hex, string name)
    {
        var entries = Contracts.Select(ContractAbi.Load).SelectMany(abi => kind switch
        {
            "function" => abi.Functions.Where(f => f.Name == name).Select(f => Convert.ToHexStringLower(f.Selector)),
            "event" => abi.Events.Where(e => e.Name == name).Select(e => e.Topic.ToString()[2..]),
            _ => abi.Errors.Where(e => e.Name == name).Select(e => Convert.ToHexStringLower(e.Selector)),
        });

        Assert.Contains(hex, entries);
    }

    [Fact]
    public void Every_name_of_the_error_table_is_an_error_of_the_contracts()
    {
        var known = Contracts.Select(ContractAbi.Load).SelectMany(abi => abi.Errors).Select(e => e.Name).ToHashSet(StringComparer.Ordinal);

        Assert.All(SuperfluidErrors.Names, name => Assert.Contains(name, known));
    }
}
