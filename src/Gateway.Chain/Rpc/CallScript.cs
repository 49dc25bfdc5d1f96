using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Rpc;

/// <summary>Several calls of one account in a row, simulated as one: each finds what the former ones did.</summary>
/// <remarks>
/// A call that depends on one before it (upgrade on approve) cannot be simulated alone, and where an ERC-20 keeps its allowances is its own secret. So the
/// payer's account is given a small program, by state override, that makes the calls one after the other: they come from the account itself, as its
/// transactions will. The answer is the gas of each; where one reverts, all do, with its data.
/// </remarks>
public static class CallScript
{
    private const int Word = 32;

    /// <summary>Bytes of <see cref="AddRevert"/>, which ends the program.</summary>
    private const int RevertLength = 20;

    /// <param name="calls">As they will be sent; who sends them is <paramref name="account"/>, whatever they say.</param>
    public static CallRequest Of(Address account, IReadOnlyList<CallRequest> calls) =>
        new(account, [], CodeInstead: Assemble(calls));

    /// <summary>Gas of each call: execution alone, without what a transaction costs by itself.</summary>
    /// <exception cref="FormatException">Not what a script of so many calls answers.</exception>
    public static ImmutableArray<ulong> ReadGas(ReadOnlySpan<byte> answer, int calls)
    {
        if (answer.Length != calls * Word)
            throw new FormatException($"The script of {calls} calls answered {answer.Length} bytes.");
        var gas = ImmutableArray.CreateBuilder<ulong>(calls);
        for (var i = 0; i < calls; i++)
            gas.Add(checked((ulong)new BigInteger(answer.Slice(i * Word, Word), isUnsigned: true, isBigEndian: true)));
        return gas.ToImmutable();
    }

    private static byte[] Assemble(IReadOnlyList<CallRequest> calls)
    {
        // Every offset is pushed with four bytes, so the length of the program does not depend on them.
        var length = Program(calls, programLength: 0).Length;
        return [.. Program(calls, length), .. calls.SelectMany(c => c.Data)];
    }

    private static byte[] Program(IReadOnlyList<CallRequest> calls, int programLength)
    {
        var results = calls.Max(c => c.Data.Length);
        var dataAt = programLength;
        var code = new List<byte>();
        foreach (var (call, i) in calls.Select((c, i) => (c, i)))
        {
            // memory[0..] = calldata; before = gas(); call; measured = before - gas()
            Push(code, call.Data.Length);
            Push(code, dataAt);
            Push(code, 0);
            code.Add(Opcode.CodeCopy);
            code.Add(Opcode.Gas);
            Push(code, 0);
            Push(code, 0);
            Push(code, call.Data.Length);
            Push(code, 0);
            code.Add(Opcode.Push32);
            code.AddRange(WordOf(call.Value.Value));
            code.Add(Opcode.Push20);
            code.AddRange(call.To.ToBytes());
            code.AddRange([Opcode.Gas, Opcode.Call, Opcode.IsZero]);
            Push(code, programLength - RevertLength);
            code.AddRange([Opcode.JumpIf, Opcode.Gas, Opcode.Swap1, Opcode.Sub]);
            Push(code, results + (i * Word));
            code.Add(Opcode.StoreWord);
            dataAt += call.Data.Length;
        }

        Push(code, calls.Count * Word);
        Push(code, results);
        code.Add(Opcode.Return);
        AddRevert(code);
        return [.. code];
    }

    /// <summary>Passes on what the failed call reverted with.</summary>
    private static void AddRevert(List<byte> code)
    {
        code.AddRange([Opcode.JumpDestination, Opcode.ReturnDataSize]);
        Push(code, 0);
        Push(code, 0);
        code.AddRange([Opcode.ReturnDataCopy, Opcode.ReturnDataSize]);
        Push(code, 0);
        code.Add(Opcode.Revert);
    }

    private static void Push(List<byte> code, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        code.Add(Opcode.Push4);
        code.AddRange(bytes);
    }

    private static byte[] WordOf(BigInteger value)
    {
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[Word - bytes.Length], .. bytes];
    }
}
