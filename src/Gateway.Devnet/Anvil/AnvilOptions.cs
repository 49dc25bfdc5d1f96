using Gateway.Domain.Identity;

namespace Gateway.Devnet.Anvil;

/// <summary>How a local chain is started.</summary>
internal sealed record AnvilOptions
{
    /// <summary>Anvil plays Avalanche C by default: signatures and deployments are told apart by it.</summary>
    public ChainId ChainId { get; init; } = new(43114);

    /// <summary>0: any free one.</summary>
    public int Port { get; init; }

    /// <summary>That of Avalanche C with T = 4 M gas per second (superfluid.md §11.3).</summary>
    public ulong BlockGasLimit { get; init; } = 80_000_000;
}
