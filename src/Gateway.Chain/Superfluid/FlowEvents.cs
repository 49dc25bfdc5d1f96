using System.Collections.Immutable;
using System.Numerics;
using Gateway.Chain.Abi;
using Gateway.Chain.Rpc;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;

namespace Gateway.Chain.Superfluid;

/// <summary>FlowUpdated joined with what stands around it in the same transaction.</summary>
/// <param name="FlowOperator">From FlowUpdatedExtension, always the next log: who called at the Host.</param>
/// <param name="EventDeposit">From there too: the new deposit before storage truncates it to a multiple of 2^32.</param>
/// <param name="Liquidation">From AgreementLiquidatedV2 of the same flow before it; null for an ordinary change.</param>
public sealed record FlowUpdate(
    FlowKey Flow, FlowRate Rate, Address FlowOperator, TokenAmount EventDeposit, byte[] UserData, LiquidationLog? Liquidation, BlockNumber Block, Hash32 TransactionHash,
    uint LogIndex)
{
    /// <summary>As the domain reads it.</summary>
    /// <param name="before">The rate that it took the place of.</param>
    /// <param name="at">Of its block.</param>
    public FlowLog ToLog(FlowRate before, DateTimeOffset at) => new(Flow, before, Rate, FlowOperator, Liquidation, Block, at, TransactionHash);
}

/// <summary>Reads the flow changes out of a block's or a transaction's logs (superfluid.md §2).</summary>
public static class FlowEvents
{
    public static readonly Hash32 FlowUpdatedTopic = Interfaces.Cfa.Event("FlowUpdated").Topic;

    private static readonly AbiEvent Updated = Interfaces.Cfa.Event("FlowUpdated");
    private static readonly AbiEvent Extension = Interfaces.Cfa.Event("FlowUpdatedExtension");
    private static readonly AbiEvent Liquidated = Interfaces.SuperToken.Event("AgreementLiquidatedV2");

    /// <summary>Of the log behind each FlowUpdated; its second topic is who called at the Host.</summary>
    public static readonly Hash32 ExtensionTopic = Extension.Topic;

    /// <summary>First topics of all that <see cref="Read"/> looks at.</summary>
    public static readonly ImmutableArray<Hash32> Topics = [Updated.Topic, Extension.Topic, Liquidated.Topic];

    private static readonly AbiType[] FlowIdTypes = [AbiType.Parse("address"), AbiType.Parse("address")];
    private static readonly AbiType[] LiquidationTypes = [AbiType.Parse("uint256"), AbiType.Parse("uint8")];

    /// <summary>keccak256(abi.encode(payer, payee)): the token is not in it, its storage is per token (ConstantFlowAgreementV1.sol, _generateFlowId).</summary>
    public static byte[] FlowId(Address payer, Address payee) => Signing.Keccak.Hash(AbiEncoder.Encode(FlowIdTypes, [payer, payee]));

    /// <summary>Flow changes in the order of the chain. Logs of other contracts are passed over, whatever they claim.</summary>
    /// <param name="logs">All logs of the transactions concerned, so that each change finds its neighbours.</param>
    public static IEnumerable<FlowUpdate> Read(IEnumerable<ChainLog> logs, Address cfa)
    {
        ChainLog? pending = null;
        var liquidations = new List<(ChainLog Log, object[] Values)>();
        foreach (var log in logs.OrderBy(l => l.Block).ThenBy(l => l.Index))
        {
            if (TryDecode(Liquidated, log, out var liquidation) && liquidation[0] is Address agreement && agreement == cfa)
            {
                liquidations.Add((log, liquidation));
            }
            else if (log.Address == cfa && log.Topics is [var topic, ..] && topic == FlowUpdatedTopic)
            {
                pending = log;
            }
            else if (pending is not null && log.Address == cfa && log.Index == pending.Index + 1 && TryDecode(Extension, log, out var extension))
            {
                yield return Join(pending, extension, liquidations);
                pending = null;
            }
        }
    }

    /// <summary>What one FlowUpdated log of the CFA says by itself: enough for who was paid how much, not for who changed it.</summary>
    /// <exception cref="AbiException">The log is another event's, or of another form.</exception>
    public static (FlowKey Flow, FlowRate Rate) ReadRate(ChainLog updated)
    {
        var (flow, rate, _) = ReadOperation(updated);
        return (flow, rate);
    }

    /// <summary>The same with what whoever changed it wrote beside it. Anybody can write there: who it was, only the log behind it says.</summary>
    /// <exception cref="AbiException">The log is another event's, or of another form.</exception>
    public static (FlowKey Flow, FlowRate Rate, byte[] UserData) ReadOperation(ChainLog updated)
    {
        if (!Updated.TryDecode(updated.Topics, updated.Data.AsSpan(), out var v))
            throw new AbiException("FlowUpdated has another form than the CFA's interface says.");
        return (new FlowKey((Address)v[0], (Address)v[1], (Address)v[2]), FlowRate.FromWeiPerSecond(Decoded.Int128(v[3])), (byte[])v[6]);
    }

    /// <summary>The same with the net rates of all CFA flows of payer and payee, in less out, as the change left them.</summary>
    /// <exception cref="AbiException">The log is another event's, or of another form.</exception>
    public static (FlowKey Flow, FlowRate Rate, NetFlowRate OfPayer, NetFlowRate OfPayee) ReadNet(ChainLog updated)
    {
        if (!Updated.TryDecode(updated.Topics, updated.Data.AsSpan(), out var v))
            throw new AbiException("FlowUpdated has another form than the CFA's interface says.");
        var (flow, rate) = ReadRate(updated);
        return (flow, rate, NetFlowRate.FromWeiPerSecond(Decoded.Int128(v[4])), NetFlowRate.FromWeiPerSecond(Decoded.Int128(v[5])));
    }

    private static FlowUpdate Join(ChainLog updated, object[] extension, List<(ChainLog Log, object[] Values)> liquidations)
    {
        if (!Updated.TryDecode(updated.Topics, updated.Data.AsSpan(), out var v))
            throw new AbiException("FlowUpdated has another form than the CFA's interface says.");
        var flow = new FlowKey((Address)v[0], (Address)v[1], (Address)v[2]);
        var id = FlowId(flow.Payer, flow.Payee);
        var liquidation = liquidations.FindLast(l =>
            l.Log.TransactionHash == updated.TransactionHash && l.Log.Address == flow.SuperToken && id.AsSpan().SequenceEqual((byte[])l.Values[1]));
        return new FlowUpdate(
            flow,
            FlowRate.FromWeiPerSecond(Decoded.Int128(v[3])),
            (Address)extension[0],
            Decoded.Amount(extension[1]),
            (byte[])v[6],
            liquidation.Log is null ? null : LiquidationOf(liquidation.Values),
            updated.Block,
            updated.TransactionHash,
            updated.Index);
    }

    private static LiquidationLog LiquidationOf(object[] v)
    {
        var type = AbiDecoder.Decode(LiquidationTypes, (byte[])v[7]);
        var phase = (int)(BigInteger)type[1] switch
        {
            0 => SolvencyPhase.Patrician,
            1 => SolvencyPhase.Pleb,
            2 => SolvencyPhase.Insolvent,
            _ => SolvencyPhase.Unspecified,
        };
        return new LiquidationLog((Address)v[2], (Address)v[4], Decoded.Amount(v[5]), Decoded.Amount(v[6]), phase);
    }

    private static bool TryDecode(AbiEvent @event, ChainLog log, out object[] values)
    {
        values = [];
        return log.Topics is [var topic, ..] && topic == @event.Topic && @event.TryDecode(log.Topics, log.Data.AsSpan(), out values);
    }
}
