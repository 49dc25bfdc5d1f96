using System.Numerics;
using Gateway.Chain.Abi;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Superfluid;

/// <summary>One operation of <c>Host.batchCall</c> (Definitions.sol, BatchOperation). A batch is all or nothing.</summary>
public sealed record HostOperation(uint Type, Address Target, byte[] Data)
{
    /// <summary>201: a call of an agreement, as whoever sends the batch. One batch may so serve many payers of one operator.</summary>
    public static HostOperation CallAgreement(Address agreement, byte[] callData, byte[] userData) =>
        new(201, agreement, Encode("(bytes,bytes)", callData, userData));

    /// <summary>202: calldata for a super app, passed through.</summary>
    public static HostOperation CallAppAction(Address app, byte[] callData) => new(202, app, callData);

    public static HostOperation Approve(Address superToken, Address spender, TokenAmount amount) => new(1, superToken, Encode("(address,uint256)", spender, amount.Wei));

    public static HostOperation TransferFrom(Address superToken, Address sender, Address receiver, TokenAmount amount) =>
        new(2, superToken, Encode("(address,address,uint256)", sender, receiver, amount.Wei));

    public static HostOperation Send(Address superToken, Address recipient, TokenAmount amount, byte[] userData) =>
        new(3, superToken, Encode("(address,uint256,bytes)", recipient, amount.Wei, userData));

    /// <summary>4: two fields, as the code decodes them; the comment in Definitions.sol says three.</summary>
    public static HostOperation IncreaseAllowance(Address superToken, Address spender, TokenAmount added) =>
        new(4, superToken, Encode("(address,uint256)", spender, added.Wei));

    /// <summary>5: as <see cref="IncreaseAllowance"/>.</summary>
    public static HostOperation DecreaseAllowance(Address superToken, Address spender, TokenAmount subtracted) =>
        new(5, superToken, Encode("(address,uint256)", spender, subtracted.Wei));

    /// <summary>101: wraps; the amount has 18 decimals, the underlying must be approved to the super token before.</summary>
    public static HostOperation Upgrade(Address superToken, TokenAmount amount) => new(101, superToken, Encode("(uint256)", amount.Wei));

    public static HostOperation Downgrade(Address superToken, TokenAmount amount) => new(102, superToken, Encode("(uint256)", amount.Wei));

    /// <summary>103: only in newer Host logic (superfluid.md §13).</summary>
    public static HostOperation UpgradeTo(Address superToken, Address to, TokenAmount amount) => new(103, superToken, Encode("(address,uint256)", to, amount.Wei));

    /// <summary>104: only in newer Host logic.</summary>
    public static HostOperation DowngradeTo(Address superToken, Address to, TokenAmount amount) => new(104, superToken, Encode("(address,uint256)", to, amount.Wei));

    /// <summary>301: any call, but made by the Host's SimpleForwarder, not by the sender. Newer Host logic.</summary>
    public static HostOperation SimpleForward(Address target, byte[] callData) => new(301, target, callData);

    /// <summary>302: a call with the sender appended (ERC-2771). Newer Host logic.</summary>
    public static HostOperation Erc2771Forward(Address target, byte[] callData) => new(302, target, callData);

    // abi.encode(a, b): the members of the tuple one after the other, not the tuple as one dynamic value.
    private static byte[] Encode(string tuple, params object[] values) => AbiEncoder.Encode(AbiType.Parse(tuple).Parts, values);
}

/// <summary>Calldata of the Host.</summary>
public static class HostCalls
{
    public static byte[] CallAgreement(Address agreement, byte[] callData, byte[] userData) =>
        Interfaces.Host.Function("callAgreement").Encode(agreement, callData, userData);

    public static byte[] Batch(IEnumerable<HostOperation> operations) => Interfaces.Host.Function("batchCall").Encode((object)Tuples(operations));

    /// <summary>For a trusted forwarder, which appends whom it acts for.</summary>
    public static byte[] ForwardBatch(IEnumerable<HostOperation> operations) => Interfaces.Host.Function("forwardBatchCall").Encode((object)Tuples(operations));

    private static object[] Tuples(IEnumerable<HostOperation> operations) =>
        [.. operations.Select(o => (object)new object[] { new BigInteger(o.Type), o.Target, o.Data })];
}
