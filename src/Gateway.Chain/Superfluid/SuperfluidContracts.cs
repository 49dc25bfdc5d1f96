using Gateway.Domain.Identity;

namespace Gateway.Chain.Superfluid;

/// <summary>Where Superfluid lives on one chain. The governance is asked of the Host, which may replace it.</summary>
/// <param name="CfaForwarder">Fuji's differs from everywhere else (superfluid.md §7).</param>
public sealed record SuperfluidContracts(Address Host, Address Cfa, Address Gda, Address CfaForwarder);
