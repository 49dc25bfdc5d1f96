using System.Numerics;
using Gateway.Chain.Abi;
using Gateway.Chain.Superfluid;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.World;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Testing.Chains;

/// <summary>What people do with distribution pools of one token (GeneralDistributionAgreementV1.sol): the gateway itself never calls the GDA.</summary>
internal sealed class Pools(DevnetChain chain, Address superToken)
{
    private static readonly ContractAbi Gda = ContractAbi.Load("GeneralDistributionAgreementV1");

    /// <summary>Anybody may distribute into it; its admin alone gives units.</summary>
    public async Task<Address> CreateAsync(DevAccount admin, CancellationToken cancellationToken)
    {
        var create = Gda.Function("createPool").Encode(superToken, admin.Address, new object[] { false, true });
        var receipt = await chain.Sender.CallAsync(admin, chain.Contracts.Gda, create, cancellationToken);
        var created = receipt.Logs.Single(l => l.Address == chain.Contracts.Gda && l.Topics[0] == Gda.Event("PoolCreated").Topic);
        return Address.FromBytes(created.Data.AsSpan()[^Address.Size..]);
    }

    public Task GiveUnitsAsync(DevAccount admin, Address pool, Address member, int units, CancellationToken cancellationToken) =>
        ActAsync(admin, "updateMemberUnits", [pool, member, new BigInteger(units), Array.Empty<byte>()], cancellationToken);

    public Task ConnectAsync(DevAccount member, Address pool, CancellationToken cancellationToken) =>
        ActAsync(member, "connectPool", [pool, Array.Empty<byte>()], cancellationToken);

    /// <summary>At once.</summary>
    public Task DistributeAsync(DevAccount distributor, Address pool, TokenAmount amount, CancellationToken cancellationToken) =>
        ActAsync(distributor, "distribute", [superToken, distributor.Address, pool, amount.Wei, Array.Empty<byte>()], cancellationToken);

    /// <summary>As a stream, from now on at this rate; zero ends it.</summary>
    public Task DistributeFlowAsync(DevAccount distributor, Address pool, FlowRate rate, CancellationToken cancellationToken) =>
        ActAsync(distributor, "distributeFlow", [superToken, distributor.Address, pool, rate.WeiPerSecond, Array.Empty<byte>()], cancellationToken);

    private async Task ActAsync(DevAccount from, string function, object[] arguments, CancellationToken cancellationToken)
    {
        var call = HostCalls.CallAgreement(chain.Contracts.Gda, Gda.Function(function).Encode(arguments), userData: []);
        var receipt = await chain.Sender.CallAsync(from, chain.Contracts.Host, call, cancellationToken);
        if (!receipt.Succeeded)
            throw new InvalidOperationException($"The GDA did not take {function} of {from}.");
    }
}
