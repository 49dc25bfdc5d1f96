using System.Collections.Immutable;
using System.Numerics;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Rpc;

/// <summary>Many small views in one eth_call: what one failed to answer does not spoil the others.</summary>
/// <remarks>
/// A batch of JSON-RPC is one request, but as many calls to the node, and is charged and limited as such. So a small program is put, by state override, at
/// an address where nothing is; it makes each call and notes what came back. No contract of anybody's needs to be on the chain for it.
/// </remarks>
public static class ViewScript
{
    /// <summary>The longest call that fits: a selector and three words.</summary>
    public const int MaxCallBytes = Data;

    /// <summary>The longest answer that fits: four words.</summary>
    public const int MaxAnswerBytes = Data;

    private const int Word = 32;
    private const int Data = 4 * Word;

    // A call is written as its target and its data, an answer as its length and its data; both take as much, so one counter serves for both.
    private const int Entry = Word + Data;

    // Where the loop begins in the program, and where in the loop it says where it ends.
    private const byte LoopAt = 2;
    private const int EndOperand = 6;

    /// <summary>Nothing is there, and no precompile either.</summary>
    private static readonly Address Place = Address.Parse("0x676c616e6365206174206d616e79207669657773");

    private static readonly byte[] Program = Assemble();

    /// <param name="views">Neither value nor sender is used.</param>
    /// <exception cref="ArgumentException">A call is longer than <see cref="MaxCallBytes"/>.</exception>
    public static CallRequest Of(IReadOnlyList<CallRequest> views)
    {
        var input = new byte[views.Count * Entry];
        for (var i = 0; i < views.Count; i++)
        {
            if (views[i].Data.Length > Data)
                throw new ArgumentException($"A view of {views[i].Data.Length} bytes does not fit into {Data}.", nameof(views));
            var entry = input.AsSpan(i * Entry, Entry);
            views[i].To.ToBytes().CopyTo(entry[(Word - Address.Size)..]);
            views[i].Data.CopyTo(entry[Word..]);
        }

        return new CallRequest(Place, input, CodeInstead: Program);
    }

    /// <summary>What each view answered; null where it reverted, answered nothing, or more than <see cref="MaxAnswerBytes"/>.</summary>
    /// <exception cref="FormatException">Not what a script of so many views answers: a node that ignores state overrides, perhaps.</exception>
    public static ImmutableArray<byte[]?> Read(ReadOnlySpan<byte> answer, int views)
    {
        if (answer.Length != views * Entry)
            throw new FormatException($"The script of {views} views answered {answer.Length} bytes.");
        var read = ImmutableArray.CreateBuilder<byte[]?>(views);
        for (var i = 0; i < views; i++)
        {
            var entry = answer.Slice(i * Entry, Entry);
            var length = new BigInteger(entry[..Word], isUnsigned: true, isBigEndian: true);
            read.Add(length.IsZero || length > Data ? null : entry.Slice(Word, (int)length).ToArray());
        }

        return read.ToImmutable();
    }

    /// <remarks>Memory: the call's data at 0, the answers from <see cref="Data"/> on. The stack holds i, the place of the entry in what was given.</remarks>
    private static byte[] Assemble()
    {
        byte[] loop =
        [
            Opcode.JumpDestination, Opcode.CallDataSize, Opcode.Dup2, Opcode.Less, Opcode.IsZero, Opcode.Push1, 0 /* end, set below */, Opcode.JumpIf,
            //// memory[0..] = the entry's data
            Opcode.Push1, Data, Opcode.Dup2, Opcode.Push1, Word, Opcode.Add, Opcode.Push1, 0, Opcode.CallDataCopy,
            //// its answer goes behind the word that says how long it is
            Opcode.Push1, Data, Opcode.Dup2, Opcode.Push1, Data + Word, Opcode.Add, Opcode.Push1, Data, Opcode.Push1, 0, Opcode.Dup5, Opcode.CallDataLoad, Opcode.Gas, Opcode.StaticCall,
            //// length = succeeded * size of what came back
            Opcode.ReturnDataSize, Opcode.Multiply, Opcode.Dup2, Opcode.Push1, Data, Opcode.Add, Opcode.StoreWord,
            Opcode.Push1, Entry, Opcode.Add, Opcode.Push1, LoopAt, Opcode.Jump,
        ];
        loop[EndOperand] = checked((byte)(LoopAt + loop.Length));
        return [Opcode.Push1, 0, .. loop, Opcode.JumpDestination, Opcode.Push1, Data, Opcode.Return];
    }
}
