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
            Op.JumpDestination, Op.CallDataSize, Op.Dup2, Op.Less, Op.IsZero, Op.Push1, 0 /* end, set below */, Op.JumpIf,
            //// memory[0..] = the entry's data
            Op.Push1, Data, Op.Dup2, Op.Push1, Word, Op.Add, Op.Push1, 0, Op.CallDataCopy,
            //// its answer goes behind the word that says how long it is
            Op.Push1, Data, Op.Dup2, Op.Push1, Data + Word, Op.Add, Op.Push1, Data, Op.Push1, 0, Op.Dup5, Op.CallDataLoad, Op.Gas, Op.StaticCall,
            //// length = succeeded * size of what came back
            Op.ReturnDataSize, Op.Multiply, Op.Dup2, Op.Push1, Data, Op.Add, Op.StoreWord,
            Op.Push1, Entry, Op.Add, Op.Push1, LoopAt, Op.Jump,
        ];
        loop[EndOperand] = checked((byte)(LoopAt + loop.Length));
        return [Op.Push1, 0, .. loop, Op.JumpDestination, Op.Push1, Data, Op.Return];
    }

    private const byte LoopAt = 2;
    private const int EndOperand = 6;

    /// <summary>The few instructions it takes (ethereum.org/developers/docs/evm/opcodes).</summary>
    private static class Op
    {
        public const byte Add = 0x01;
        public const byte Multiply = 0x02;
        public const byte Less = 0x10;
        public const byte IsZero = 0x15;
        public const byte CallDataLoad = 0x35;
        public const byte CallDataSize = 0x36;
        public const byte CallDataCopy = 0x37;
        public const byte ReturnDataSize = 0x3d;
        public const byte StoreWord = 0x52;
        public const byte Jump = 0x56;
        public const byte JumpIf = 0x57;
        public const byte Gas = 0x5a;
        public const byte JumpDestination = 0x5b;
        public const byte Push1 = 0x60;
        public const byte Dup2 = 0x81;
        public const byte Dup5 = 0x84;
        public const byte Return = 0xf3;
        public const byte StaticCall = 0xfa;
    }
}
