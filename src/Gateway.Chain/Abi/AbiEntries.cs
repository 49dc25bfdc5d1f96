using System.Collections.Immutable;
using Gateway.Chain.Signing;
using Gateway.Domain.Identity;

namespace Gateway.Chain.Abi;

/// <summary>A named parameter. <paramref name="IsIndexed"/> matters only for events.</summary>
public sealed record AbiParameter(string Name, AbiType Type, bool IsIndexed);

/// <summary>What every entry of an interface has: a name, parameters, and the hash of the signature made of both.</summary>
public abstract class AbiEntry
{
    private protected AbiEntry(string name, ImmutableArray<AbiParameter> inputs)
    {
        Name = name;
        Inputs = inputs;
        InputTypes = [.. inputs.Select(i => i.Type)];
        Signature = $"{name}({string.Join(',', InputTypes.Select(t => t.Canonical))})";
        SignatureHash = Keccak.HashText(Signature);
    }

    public string Name { get; }

    public ImmutableArray<AbiParameter> Inputs { get; }

    /// <summary>"batchCall((uint32,address,bytes)[])".</summary>
    public string Signature { get; }

    private protected byte[] SignatureHash { get; }

    private protected ImmutableArray<AbiType> InputTypes { get; }
}

/// <summary>A function: calldata from arguments, values from what it returned.</summary>
public sealed class AbiFunction(string name, ImmutableArray<AbiParameter> inputs, ImmutableArray<AbiParameter> outputs) : AbiEntry(name, inputs)
{
    public const int SelectorSize = 4;

    private readonly ImmutableArray<AbiType> _outputTypes = [.. outputs.Select(o => o.Type)];

    public ReadOnlySpan<byte> Selector => SignatureHash.AsSpan(0, SelectorSize);

    /// <summary>Selector and arguments.</summary>
    /// <exception cref="AbiException">An argument does not fit.</exception>
    public byte[] Encode(params object[] arguments) => [.. Selector, .. AbiEncoder.Encode(InputTypes, arguments)];

    /// <exception cref="AbiException">Another selector, or arguments that do not decode.</exception>
    public object[] DecodeArguments(ReadOnlySpan<byte> calldata) => calldata.StartsWith(Selector)
        ? AbiDecoder.Decode(InputTypes, calldata[SelectorSize..])
        : throw new AbiException($"The call is not {Signature}.");

    /// <exception cref="AbiException">Not what this function returns; empty data where no contract answered.</exception>
    public object[] DecodeResult(ReadOnlySpan<byte> data) => AbiDecoder.Decode(_outputTypes, data);
}

/// <summary>A custom error.</summary>
public sealed class AbiError(string name, ImmutableArray<AbiParameter> inputs) : AbiEntry(name, inputs)
{
    public ReadOnlySpan<byte> Selector => SignatureHash.AsSpan(0, AbiFunction.SelectorSize);

    /// <exception cref="AbiException">Another error, or arguments that do not decode.</exception>
    public object[] Decode(ReadOnlySpan<byte> revertData) => revertData.StartsWith(Selector)
        ? AbiDecoder.Decode(InputTypes, revertData[AbiFunction.SelectorSize..])
        : throw new AbiException($"The revert is not {Signature}.");
}

/// <summary>An event. Indexed values stand in the topics, the others in the data.</summary>
public sealed class AbiEvent(string name, ImmutableArray<AbiParameter> inputs) : AbiEntry(name, inputs)
{
    private readonly ImmutableArray<AbiType> _plainTypes = [.. inputs.Where(i => !i.IsIndexed).Select(i => i.Type)];

    public Hash32 Topic => Hash32.FromBytes(SignatureHash);

    /// <summary>Values in the order of declaration. An indexed value of a dynamic type is its 32-byte hash: the value itself is not in the log.</summary>
    /// <returns>False for another event's log.</returns>
    /// <exception cref="AbiException">This event's topic over bytes that are not this event's.</exception>
    public bool TryDecode(IReadOnlyList<Hash32> topics, ReadOnlySpan<byte> data, out object[] values)
    {
        values = [];
        if (topics.Count == 0 || topics[0] != Topic || topics.Count - 1 != Inputs.Length - _plainTypes.Length)
            return false;

        var plain = AbiDecoder.Decode(_plainTypes, data);
        values = new object[Inputs.Length];
        var (nextTopic, nextPlain) = (1, 0);
        for (var i = 0; i < Inputs.Length; i++)
            values[i] = Inputs[i].IsIndexed ? FromTopic(Inputs[i].Type, topics[nextTopic++]) : plain[nextPlain++];
        return true;
    }

    private static object FromTopic(AbiType type, Hash32 topic) =>
        type.IsDynamic || type.Kind is AbiKind.Array or AbiKind.Tuple ? topic.ToBytes() : AbiDecoder.Decode([type], topic.ToBytes())[0];
}
