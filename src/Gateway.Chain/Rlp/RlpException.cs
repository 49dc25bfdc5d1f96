namespace Gateway.Chain.Rlp;

/// <summary>Bytes that are not the one canonical RLP encoding of anything.</summary>
public sealed class RlpException(string message) : Exception(message);
