using System.Buffers.Binary;
using Gateway.Benchmarks.Load;
using Gateway.Chain.Superfluid;

namespace Gateway.Benchmarks.Faults;

/// <summary>Create, update or delete of one flow, decided when the change was asked for.</summary>
internal sealed record EdgeJob(int Number, FlowMove Move)
{
    /// <summary>With its number as user data, so that the chain tells which jobs it executed.</summary>
    public byte[] CallOn(SuperfluidContracts contracts)
    {
        var number = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(number, Number);
        var call = (Move.Before.IsZero, Move.After.IsZero) switch
        {
            (true, _) => FlowCalls.CreateByOperator(Move.Flow, Move.After),
            (false, false) => FlowCalls.UpdateByOperator(Move.Flow, Move.After),
            (false, true) => FlowCalls.DeleteByOperator(Move.Flow),
        };
        return HostCalls.CallAgreement(contracts.Cfa, call, number);
    }

    public static int NumberOf(byte[] userData) => userData.Length == sizeof(int) ? BinaryPrimitives.ReadInt32BigEndian(userData) : -1;
}
