using Gateway.Server.Web.Rest;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Web;

public sealed class StatementTableTests
{
    [Theory]
    [InlineData("web-1", "web-1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("@cmd", "'@cmd")]
    [InlineData("-1+1", "'-1+1")]
    public void Names_are_text_in_every_spreadsheet(string name, string cell) =>
        Assert.StartsWith($"lease,id,{cell},,,,,1.500s,7,,,", Table(new Wire.Statement { Leases = { Usage(name) } })[1], StringComparison.Ordinal);

    [Fact]
    public void Negative_amounts_stay_numbers() =>
        Assert.Contains(",7,5,-2,", Table(new Wire.Statement { From = new Timestamp(), To = new Timestamp(), Used = "7", Streamed = "5", Carried = "-2" })[^1], StringComparison.Ordinal);

    private static Wire.LeaseUsage Usage(string vm) =>
        new() { LeaseId = "id", VmId = vm, Used = "7", RunningTime = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1500)) };

    private static string[] Table(Wire.Statement statement)
    {
        statement.From ??= new Timestamp();
        statement.To ??= new Timestamp();
        return StatementTable.Write(statement).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }
}
