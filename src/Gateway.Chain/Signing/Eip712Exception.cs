namespace Gateway.Chain.Signing;

/// <summary>Typed data that is no EIP-712 document, or whose values do not fit its types.</summary>
public sealed class Eip712Exception(string message, Exception? inner = null) : Exception(message, inner);
