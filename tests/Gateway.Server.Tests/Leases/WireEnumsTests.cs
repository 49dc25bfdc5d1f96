using Gateway.Domain.Leases;
using Gateway.Server.Leases;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Leases;

public sealed class WireEnumsTests
{
    [Fact]
    public void Enums_of_the_domain_are_those_of_the_wire_number_by_number()
    {
        Assert.Equal(Names<Wire.LeaseState>(), Names<LeaseState>());
        Assert.Equal(Names<Wire.BreakerState>(), Names<BreakerState>());
        Assert.Equal(Names<Wire.Execution>(), Names<Execution>());
        Assert.Equal(Names<Wire.Reason>(), Names<Reason>());
    }

    [Fact]
    public void Names_are_those_of_the_proto() =>
        Assert.Equal(("LEASE_STATE_PAUSED", "REASON_FLOW_CLOSED_BY_OTHER"), (WireEnums.Name(LeaseState.Paused), WireEnums.Name(Reason.FlowClosedByOther)));

    private static IEnumerable<(int, string)> Names<TEnum>()
        where TEnum : struct, Enum => Enum.GetValues<TEnum>().Select(v => (Convert.ToInt32(v, System.Globalization.CultureInfo.InvariantCulture), v.ToString()));
}
