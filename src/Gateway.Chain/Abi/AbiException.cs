namespace Gateway.Chain.Abi;

/// <summary>Bytes or values that do not fit the ABI type they are said to have.</summary>
public sealed class AbiException(string message) : Exception(message);
