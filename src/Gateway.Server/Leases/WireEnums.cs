using Gateway.Domain.Leases;
using Google.Protobuf.Reflection;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases;

/// <summary>Enums of the domain and of the wire: the same numbers, held together by a test. And their names as the proto has them.</summary>
internal static class WireEnums
{
    private static readonly EnumDescriptor States = Enumeration(nameof(Wire.LeaseState));
    private static readonly EnumDescriptor Reasons = Enumeration(nameof(Wire.Reason));

    /// <summary>As in <c>LEASE_STATE_ACTIVE</c>.</summary>
    public static string Name(LeaseState state) => States.FindValueByNumber((int)state).Name;

    /// <summary>As in <c>REASON_FUNDED</c>.</summary>
    public static string Name(Reason reason) => Reasons.FindValueByNumber((int)reason).Name;

    public static Wire.LeaseState ToWire(this LeaseState state) => (Wire.LeaseState)(int)state;

    public static Wire.BreakerState ToWire(this BreakerState state) => (Wire.BreakerState)(int)state;

    public static Wire.Execution ToWire(this Execution execution) => (Wire.Execution)(int)execution;

    public static Wire.Reason ToWire(this Reason reason) => (Wire.Reason)(int)reason;

    private static EnumDescriptor Enumeration(string name) => Wire.GatewayReflection.Descriptor.FindTypeByName<EnumDescriptor>(name);
}
