using System.Text;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Gateway.Server.Payees;
using Gateway.Server.Resilience;
using Gateway.Server.Tests.Storage;
using Xunit;

namespace Gateway.Server.Tests.Payees;

public sealed class PayeeDirectoryTests
{
    [Fact]
    public void Who_is_listed_may_be_paid_and_as_what_he_is_listed()
    {
        var directory = Read($$"""{"payees":[{"address":"{{Given.Address(1)}}"},{"address":"{{Given.Address(2)}}","roles":["node","gpu"]}]}""");

        Assert.Null(directory.WhyNot(Payee(1, "anything")));
        Assert.Null(directory.WhyNot(Payee(2, "node")));
        Assert.Equal("is in the payee directory as gpu, node, not as 'community'.", directory.WhyNot(Payee(2, "community")));
        Assert.Equal("is not in the payee directory.", directory.WhyNot(Payee(3, "node")));
    }

    [Theory]
    [InlineData("nonsense", "It is no JSON.")]
    [InlineData("[]", "the file: must be an object.")]
    [InlineData("{}", "payees: is required.")]
    [InlineData("""{"payees":[]}""", "payees: names nobody.")]
    [InlineData("""{"payees":{}}""", "payees: must be a list.")]
    [InlineData("""{"payees":[{"adress":"0x1"}]}""", "payees[0].address: is required.")]
    [InlineData("""{"payees":[{"address":"0x1","roles":[1]}]}""", "payees[0].roles[0]: must be printable text of at most 64 characters. payees[0].address: is no address")]
    public void Anything_else_is_refused_with_what_is_wrong(string json, string problem) =>
        Assert.StartsWith(problem, Assert.Throws<SourceException>(() => Read(json)).Message, StringComparison.Ordinal);

    private static PayeeDirectory Read(string json) => PayeeDirectory.Read(Encoding.UTF8.GetBytes(json));

    private static Payee Payee(int seed, string role) => new(Given.Address(seed), SharePpm.FromPpm(SharePpm.Whole), role);
}
