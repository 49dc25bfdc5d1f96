using System.Collections.Immutable;
using Gateway.Domain.Identity;

namespace Gateway.Domain.Pricing;

/// <summary>What VMs cost: plans by name, under a version that never means two lists.</summary>
/// <param name="Split">Of plans that have none of their own, and of leases with an explicit rate; null: the configured payees.</param>
public sealed record PriceList(string Version, ImmutableSortedDictionary<string, Plan> Plans, DefaultSplit? Split);

/// <summary>One kind of VM: what it is made of, and what of it is paid for.</summary>
/// <param name="Split">Null: the list's.</param>
public sealed record Plan(string Name, ImmutableSortedDictionary<string, Component> Components, DefaultSplit? Split);

/// <summary>Something that is sold by the unit and the hour: a compute unit, a MiB of storage, a GPU.</summary>
public sealed record Component
{
    public required string Unit { get; init; }

    /// <summary>By super token.</summary>
    public required ImmutableDictionary<Address, HourlyPrice> Prices { get; init; }

    /// <summary>In every other token, by what that is worth; null: it has no price there.</summary>
    public UsdHourlyPrice? Usd { get; init; }

    /// <summary>So much of it costs nothing.</summary>
    public Quantity Included { get; init; }

    /// <summary>No VM may have more; null: no bound.</summary>
    public Quantity? Maximum { get; init; }

    /// <summary>It goes on costing while the VM is paused, as its disks do.</summary>
    public bool CostsWhilePaused { get; init; }
}
